package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// S3Download fetches objects from S3 or a compatible store.
type S3Download struct {
	Access S3Access
}

// maxObjects is the largest number of objects that one entry may name with a prefix.
const maxObjects = 1000

// Spec implements action.Module.
func (S3Download) Spec() action.Spec {
	return action.Spec{
		Name: "S3Download", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Downloads an object, or all objects with a prefix, from S3.",
		Inputs: []action.Input{
			{Name: "source", Type: action.String, Required: true, Check: checkS3Source, Summary: "Object `s3://bucket/key`, or prefix `s3://bucket/prefix/*`."},
			{Name: "destination", Type: action.String, Required: true, Summary: "Path of the file, or, for a prefix, the folder; the folder must exist."},
			bucketOwnerInput,
			{Name: "overwrite", Type: action.Boolean, Default: "true", Summary: "Whether existing files are replaced; if not, they are an error."},
		},
		Example: `name: FetchPackages
action: S3Download
inputs:
  - source: s3://my-bucket/packages/*
    destination: /tmp/packages
    expectedBucketOwner: "012345678901"
`,
		Notes: `A prefix takes everything below it, with sub-folders, at most 1,000 objects; no match is an error. A file is
replaced only by a complete one. ` + accessNotes,
	}
}

var bucketOwnerInput = action.Input{
	Name: "expectedBucketOwner", Type: action.String, Check: action.CheckAccountID,
	Summary: "Account that is expected to own the bucket.",
}

const accessNotes = `Credentials, region and endpoint are found as by the AWS tools, and credentials also as files under
` + "`/run/secrets`" + `; without credentials requests are unsigned. With ` + "`AWS_ENDPOINT_URL`" + ` any compatible store is reached.`

// checkS3Source is the static check of a source.
func checkS3Source(text string) error {
	_, _, err := parseSource(text)
	return err
}

// parseSource returns the location without the wildcard, and whether there was one.
func parseSource(text string) (l location, wild bool, err error) {
	if l, err = parseLocation(text); err != nil {
		return l, false, err
	}
	l.key, wild = strings.CutSuffix(l.key, "*")
	switch {
	case strings.Contains(l.key, "*"):
		return l, wild, fmt.Errorf("%q: a wildcard is allowed as the last character only", text)
	case !wild && (l.key == "" || strings.HasSuffix(l.key, "/")):
		return l, wild, fmt.Errorf("%q names no object: end it with * to take everything with this prefix", text)
	}
	return l, wild, nil
}

// Run implements action.Module.
func (m S3Download) Run(ctx context.Context, req action.Request) (action.Result, error) {
	d := downloader{store: &store{access: m.Access}, req: req}
	return action.Result{}, action.Each(ctx, "S3Download", req.Entries, func(e action.Entry) error {
		source, wild, err := parseSource(e.Text("source"))
		if err != nil {
			return err
		}
		d.owner, d.overwrite = e.Text("expectedBucketOwner"), e.Bool("overwrite", true)
		destination := req.Path(e.Text("destination"))
		if wild {
			return d.prefix(ctx, source, destination)
		}
		if err := d.checkFile(destination); err != nil {
			return err
		}
		return d.object(ctx, source, destination)
	})
}

// downloader downloads the objects of one entry.
type downloader struct {
	store     *store
	req       action.Request
	owner     string
	overwrite bool
}

// checkFile checks the path of a single object before anything is requested.
func (d *downloader) checkFile(path string) error {
	if info, err := os.Stat(path); marksFolder(path) || err == nil && info.IsDir() {
		return fmt.Errorf("destination %q is a folder: give the path with the file name", path)
	}
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return d.checkExisting(path)
}

// checkExisting refuses a file that must not be replaced.
func (d *downloader) checkExisting(path string) error {
	if _, err := os.Lstat(path); err == nil && !d.overwrite {
		return fmt.Errorf("%q already exists and overwrite is false", path)
	}
	return nil
}

func checkFolder(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return action.PathError("destination folder", path, err)
	case !info.IsDir():
		return fmt.Errorf("destination %q is not a folder", path)
	}
	return nil
}

// object downloads one object.
func (d *downloader) object(ctx context.Context, from location, path string) error {
	file, err := createBeside(path)
	if err != nil {
		return err
	}
	defer file.discard()
	err = d.store.get(ctx, from, d.owner, file.file)
	if err == nil {
		err = file.commit()
	}
	if err != nil {
		return fmt.Errorf("downloading %q: %w", from, err)
	}
	return nil
}

// prefix downloads all objects with a prefix. Everything that can be known is checked before the first download.
func (d *downloader) prefix(ctx context.Context, prefix location, folder string) error {
	if err := checkFolder(folder); err != nil {
		return err
	}
	keys, err := d.store.list(ctx, prefix, d.owner, maxObjects)
	if err == nil && len(keys) == 0 {
		err = errors.New("no object matches")
	}
	if err != nil {
		return fmt.Errorf("listing %q: %w", prefix.String()+"*", err)
	}
	paths := make([]string, len(keys))
	for i, key := range keys {
		if paths[i], err = localName(prefix, key, folder); err != nil {
			return err
		}
		if !strings.HasSuffix(key, "/") {
			if err := d.checkExisting(paths[i]); err != nil {
				return err
			}
		}
	}
	inside, err := os.OpenRoot(folder)
	if err != nil {
		return action.PathError("destination folder", folder, err)
	}
	defer inside.Close()
	for i, key := range keys {
		below := paths[i]
		if !strings.HasSuffix(key, "/") {
			below = filepath.Dir(below)
		}
		if err := makeBelow(inside, folder, below); err != nil {
			return err
		}
		if strings.HasSuffix(key, "/") {
			continue
		}
		if err := d.object(ctx, location{prefix.bucket, key}, paths[i]); err != nil {
			return err
		}
	}
	return nil
}

// makeBelow creates path, which is folder or below it. It refuses a link that leads out of the folder: the name of an
// object is the store's choice.
func makeBelow(inside *os.Root, folder, path string) error {
	name, err := filepath.Rel(folder, path)
	if err == nil {
		err = inside.MkdirAll(name, 0o777)
	}
	if err == nil {
		_, err = inside.Stat(name)
	}
	if err != nil {
		return action.PathError("creating folder", path, err)
	}
	return nil
}

// localName returns the path of an object: the folder and the key behind the last "/" of the prefix. Keys come from a
// server, so they may hold anything; none leads out of the folder.
func localName(prefix location, key, folder string) (string, error) {
	err := fmt.Errorf("object %q cannot be a file below %q", location{prefix.bucket, key}, folder)
	if !strings.HasPrefix(key, prefix.key) {
		return "", err
	}
	name := key[strings.LastIndexByte(prefix.key, '/')+1:]
	if name == "" { // the marker of the folder itself
		return folder, nil
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "." || segment == ".." || strings.ContainsAny(segment, "\x00") || strings.ContainsRune(segment, filepath.Separator) {
			return "", err
		}
	}
	local := filepath.FromSlash(strings.Trim(name, "/"))
	if !filepath.IsLocal(local) {
		return "", err
	}
	return filepath.Join(folder, local), nil
}
