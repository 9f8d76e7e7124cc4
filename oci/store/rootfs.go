package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// DefaultPath is the PATH of an imported root file system whose options name none.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// RootFS describes the image that ImportRootFS makes of an archive. Nothing in it depends on the machine or the
// time but what is set here, so the same archive with the same RootFS gives the same digest.
type RootFS struct {
	// Name is the pointer NAME:TAG; empty keeps the image without a name.
	Name string
	// Platform of the files; empty means linux on this machine's architecture.
	Platform v1.Platform
	// Env are NAME=VALUE pairs. PATH is added with DefaultPath if it is not among them.
	Env []string
	// Entrypoint, Cmd, User, WorkingDir and Labels go to the image config as they are.
	Entrypoint, Cmd  []string
	User, WorkingDir string
	Labels           map[string]string
	// Created is the time in config and history; zero means 1970, which keeps the digest the same.
	Created time.Time
	// Source says in the history where the archive came from, for example its file name.
	Source string
	// Annotations of the entry in the store's index.
	Annotations map[string]string
}

// ImportRootFS makes an image of one layer from a tar archive of a root file system: plain, or compressed with gzip,
// zstd or bzip2. The archive is read once as a stream, with the same memory for any size. A gzip or zstd archive
// becomes the layer byte for byte; others are compressed with gzip.
func (s *Store) ImportRootFS(ctx context.Context, r io.Reader, opts RootFS) (Image, error) {
	if _, err := pointer(opts.Name); err != nil { // before minutes of reading
		return Image{}, err
	}
	layer, diffID, err := s.ingestArchive(ctx, r, intake{})
	if err != nil {
		return Image{}, fmt.Errorf("importing a root file system: %w", err)
	}
	config, err := json.Marshal(opts.config(diffID))
	if err != nil {
		return Image{}, fmt.Errorf("importing a root file system: %w", err)
	}
	configDigest, err := s.putBytes(ctx, config)
	if err != nil {
		return Image{}, err
	}
	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2,
		MediaType:     types.OCIManifestSchema1,
		Config:        v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: configDigest, Size: int64(len(config))},
		Layers:        []v1.Descriptor{layer},
	})
	if err != nil {
		return Image{}, fmt.Errorf("importing a root file system: %w", err)
	}
	digest, err := s.putBytes(ctx, manifest)
	if err != nil {
		return Image{}, err
	}
	desc := v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digest, Size: int64(len(manifest))}
	return s.Add(ctx, desc, opts.Name, opts.Annotations)
}

func (o RootFS) config(diffID v1.Hash) *v1.ConfigFile {
	if o.Platform.OS == "" {
		o.Platform.OS = "linux"
	}
	if o.Platform.Architecture == "" {
		o.Platform.Architecture = runtime.GOARCH
	}
	if o.Created.IsZero() {
		o.Created = time.Unix(0, 0)
	}
	created := v1.Time{Time: o.Created.UTC()}
	return &v1.ConfigFile{
		Architecture: o.Platform.Architecture,
		OS:           o.Platform.OS,
		OSVersion:    o.Platform.OSVersion,
		Variant:      o.Platform.Variant,
		Created:      created,
		History:      []v1.History{{Created: created, CreatedBy: "slipway image import", Comment: o.Source}},
		RootFS:       v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{diffID}},
		Config: v1.Config{
			Env:        withPath(o.Env),
			Entrypoint: o.Entrypoint,
			Cmd:        o.Cmd,
			User:       o.User,
			WorkingDir: o.WorkingDir,
			Labels:     maps.Clone(o.Labels),
		},
	}
}

func withPath(env []string) []string {
	if slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "PATH=") }) {
		return env
	}
	return append([]string{"PATH=" + DefaultPath}, env...)
}
