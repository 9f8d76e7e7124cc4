package cli

import (
	"encoding/json"
	"errors"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/result"
)

// buildOutput are the files that tell scripts of a build.
type buildOutput struct{ iidFile, metadataFile string }

func (o *buildOutput) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.iidFile, "iidfile", "", "write the digest of the image to this `FILE`")
	fs.StringVar(&o.metadataFile, "metadata-file", "", "write digests and names as JSON to this `FILE`, as docker buildx does")
}

func (o *buildOutput) write(res *result.Result) error {
	var errs []error
	if res.Status == result.Succeeded && o.iidFile != "" {
		errs = append(errs, os.WriteFile(o.iidFile, []byte(res.Image.Digest), 0o644))
	}
	if res.Status == result.Succeeded && o.metadataFile != "" {
		errs = append(errs, writeMetadata(o.metadataFile, res))
	}
	return errors.Join(errs...)
}

// writeMetadata uses the keys of docker buildx.
func writeMetadata(path string, res *result.Result) error {
	var names []string
	for _, t := range res.Targets {
		if t.Status == "pushed" || t.Status == "present" {
			names = append(names, t.Reference)
		}
	}
	data, err := json.MarshalIndent(map[string]any{
		"containerimage.digest":        res.Image.Digest,
		"containerimage.config.digest": res.Image.ConfigDigest,
		"image.name":                   strings.Join(names, ","),
		"slipway.run":                  res.RunID,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
