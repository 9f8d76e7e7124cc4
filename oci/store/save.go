package store

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
)

// dockerFile is the table of contents that "docker load" reads.
const dockerFile = "manifest.json"

// Save writes images as one tar archive: an OCI image layout which also has the table of contents of docker save, so
// that "docker load", "skopeo copy oci-archive:" and Load all read it. Blobs that images share are written once. The
// same images give the same bytes. Of images for several platforms "docker load" without the containerd image store
// sees nothing.
func (s *Store) Save(ctx context.Context, w io.Writer, images ...Image) error {
	archive := &archiveWriter{tar: tar.NewWriter(&contextWriter{ctx: ctx, w: w}), written: map[v1.Hash]bool{}}
	index := v1.IndexManifest{Manifests: []v1.Descriptor{}}
	docker := []dockerEntry{}
	for _, img := range images {
		if err := archive.image(img); err != nil {
			return fmt.Errorf("saving image %q: %w", img, err)
		}
		index.Manifests = append(index.Manifests, savedEntry(img))
		if !img.IsIndex() {
			entry, err := newDockerEntry(img)
			if err != nil {
				return fmt.Errorf("saving image %q: %w", img, err)
			}
			docker = append(docker, entry)
		}
	}
	data, err := encodeIndex(&index)
	if err != nil {
		return err
	}
	toc, err := json.Marshal(docker)
	if err != nil {
		return err
	}
	return errors.Join(
		archive.file(indexFile, data),
		archive.file(dockerFile, toc),
		archive.file(layoutFile, []byte(`{"imageLayoutVersion":"`+layoutVersion+`"}`)),
		archive.tar.Close(),
	)
}

// SaveDocker writes an image for one platform as an archive in the format of docker save alone, without a name. The
// lowest layers may be left out: a Docker Engine that keeps layers plain takes those that it has by itself.
func (s *Store) SaveDocker(ctx context.Context, w io.Writer, img Image, without int) error {
	m, err := img.Manifest()
	if err != nil {
		return fmt.Errorf("saving image %q: %w", img, err)
	}
	unnamed := img
	unnamed.Name = ""
	entry, err := newDockerEntry(unnamed)
	if err != nil {
		return fmt.Errorf("saving image %q: %w", img, err)
	}
	toc, err := json.Marshal([]dockerEntry{entry})
	if err != nil {
		return err
	}
	archive := &archiveWriter{tar: tar.NewWriter(&contextWriter{ctx: ctx, w: w}), written: map[v1.Hash]bool{}}
	for _, desc := range append([]v1.Descriptor{m.Config}, m.Layers[min(without, len(m.Layers)):]...) {
		if err := archive.blob(s, desc); err != nil {
			return fmt.Errorf("saving image %q: %w", img, err)
		}
	}
	return errors.Join(archive.file(dockerFile, toc), archive.tar.Close())
}

// savedEntry is the entry of an image in the archive: its name travels, what this store knows of its tests does not.
func savedEntry(img Image) v1.Descriptor {
	desc := v1.Descriptor{MediaType: img.Descriptor.MediaType, Digest: img.Digest(), Size: img.Descriptor.Size}
	if img.Name != "" {
		desc.Annotations = map[string]string{nameAnnotation: img.Name}
	}
	return desc
}

type dockerEntry struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func newDockerEntry(img Image) (dockerEntry, error) {
	m, err := img.Manifest()
	if err != nil {
		return dockerEntry{}, err
	}
	entry := dockerEntry{Config: blobName(m.Config.Digest), RepoTags: []string{}, Layers: []string{}}
	if _, err := ref.ParseRegistry(img.Name); err == nil { // Docker refuses other names
		entry.RepoTags = append(entry.RepoTags, img.Name)
	}
	for _, layer := range m.Layers {
		entry.Layers = append(entry.Layers, blobName(layer.Digest))
	}
	return entry, nil
}

func blobName(h v1.Hash) string { return path.Join("blobs", h.Algorithm, h.Hex) }

type archiveWriter struct {
	tar     *tar.Writer
	written map[v1.Hash]bool
}

func (a *archiveWriter) image(img Image) error {
	return img.Walk(func(desc v1.Descriptor) error {
		if !desc.MediaType.IsDistributable() && !img.store.HasBlob(desc) {
			return nil
		}
		return a.blob(img.store, desc)
	})
}

// blob writes a blob unless it is in the archive already.
func (a *archiveWriter) blob(s *Store, desc v1.Descriptor) error {
	if a.written[desc.Digest] {
		return nil
	}
	a.written[desc.Digest] = true
	r, err := s.verifiedBlob(desc)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := a.header(blobName(desc.Digest), desc.Size); err != nil {
		return err
	}
	_, err = io.Copy(a.tar, r)
	return err
}

func (a *archiveWriter) file(name string, data []byte) error {
	if err := a.header(name, int64(len(data))); err != nil {
		return err
	}
	_, err := a.tar.Write(data)
	return err
}

func (a *archiveWriter) header(name string, size int64) error {
	return a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR})
}

// contextWriter ends a long copy when its context does.
type contextWriter struct {
	ctx context.Context //nolint:containedctx // lives for one copy
	w   io.Writer
}

func (w *contextWriter) Write(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	return w.w.Write(p)
}
