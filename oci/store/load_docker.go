package store

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/oci/ref"
)

// The bounds of what an archive in Docker's format makes us keep in memory.
const (
	maxDocument  = 4 << 20
	maxDocuments = 64 << 20
)

// LoadEngine stores the one image of an archive that an engine (Docker or Podman) saved, without a name. The id is the
// engine's: the digest of the image's config, or of its manifest or index where the engine keeps those; of an index,
// the image for platform is taken. Every layer is verified against the config, and those that the store has already
// are not stored a second time. Layers that the engine keeps plain are compressed with gzip.
func (s *Store) LoadEngine(ctx context.Context, r io.Reader, id v1.Hash, platform v1.Platform) (Image, error) {
	docker, err := newDockerArchive(s)
	if err != nil {
		return Image{}, err
	}
	err = eachEntry(&contextReader{ctx: ctx, r: r}, func(name string, header *tar.Header, content io.Reader) error {
		return docker.entry(ctx, name, header, content)
	})
	if err != nil {
		return Image{}, err
	}
	config, err := docker.configOf(id, platform)
	if err != nil {
		return Image{}, err
	}
	entries, err := docker.contents()
	if err != nil {
		return Image{}, err
	}
	for _, entry := range entries {
		if digestOfBytes(docker.documents[docker.resolve(entry.Config)]) == config {
			return docker.add(ctx, entry, "")
		}
	}
	return Image{}, fmt.Errorf("the archive does not have the image %s", id)
}

// dockerArchive is an archive in the format of "docker save" while it is read: a table of contents, configs, and
// layers under names that say nothing.
type dockerArchive struct {
	store     *Store
	known     map[v1.Hash]v1.Descriptor
	documents map[string][]byte
	size      int // of the documents
	layers    map[string]archivedLayer
	links     map[string]string
}

type archivedLayer struct {
	blob   v1.Descriptor
	diffID v1.Hash
}

func newDockerArchive(s *Store) (*dockerArchive, error) {
	known, err := s.layersByDiffID()
	return &dockerArchive{
		store: s, known: known, documents: map[string][]byte{}, layers: map[string]archivedLayer{}, links: map[string]string{},
	}, err
}

// entry takes in an entry: JSON is kept in memory, a layer becomes a blob, and small files of old versions are nothing.
func (d *dockerArchive) entry(ctx context.Context, name string, header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeSymlink: // a layer that several images or places have
		d.links[name] = path.Join(path.Dir(name), header.Linkname) //nolint:gosec // a name in the archive, not on disk
		return nil
	case tar.TypeLink:
		d.links[name] = path.Clean(header.Linkname)
		return nil
	case tar.TypeReg:
	default:
		return nil
	}
	buffered := bufio.NewReaderSize(content, 1<<12)
	magic, err := buffered.Peek(2)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case header.Size <= maxDocument && (bytes.HasPrefix(magic, []byte("{")) || bytes.HasPrefix(magic, []byte("["))):
		return d.document(name, buffered)
	case header.Size < 512 && !bytes.Equal(magic, []byte{0x1f, 0x8b}) && !bytes.Equal(magic, []byte{0x28, 0xb5}):
		return nil // no layer is as small
	default:
		return d.layer(ctx, name, buffered)
	}
}

func (d *dockerArchive) document(name string, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if d.size += len(data); d.size > maxDocuments {
		return fmt.Errorf("the archive has more than %d bytes of configs", maxDocuments)
	}
	d.documents[name] = data
	return nil
}

func (d *dockerArchive) layer(ctx context.Context, name string, r io.Reader) error {
	if diffID, ok := digestInName(name); ok {
		// The name may be wrong, but then the store's own layer is taken, or refused with the config.
		if blob, ok := d.known[diffID]; ok && d.store.refresh(blob) {
			d.layers[name] = archivedLayer{blob, diffID}
			return nil
		}
	}
	blob, diffID, err := d.store.ingestArchive(ctx, r, intake{known: d.known, emptyAllowed: true})
	if err != nil {
		return fmt.Errorf("layer %q of the archive: %w", name, err)
	}
	d.layers[name] = archivedLayer{blob, diffID}
	return nil
}

// digestInName reads the digest of a layer in its name, as newer versions of Docker and Podman write it.
func digestInName(name string) (v1.Hash, bool) {
	hash := v1.Hash{Algorithm: "sha256", Hex: strings.TrimSuffix(path.Base(name), ".tar")}
	return hash, checkDigest(hash) == nil
}

func (d *dockerArchive) hasContents() bool { return d.documents[dockerFile] != nil }

func (d *dockerArchive) contents() ([]dockerEntry, error) {
	if !d.hasContents() {
		return nil, fmt.Errorf("it has no %s, so it is not an archive of images", dockerFile)
	}
	var entries []dockerEntry
	if err := json.Unmarshal(d.documents[dockerFile], &entries); err != nil {
		return nil, fmt.Errorf("its %s cannot be read: %w", dockerFile, err)
	}
	return entries, nil
}

// addAll stores all images under their names.
func (d *dockerArchive) addAll(ctx context.Context) ([]Image, error) {
	entries, err := d.contents()
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New("it has no images")
	}
	var images []Image
	for _, entry := range entries {
		names := pointersOf(entry.RepoTags)
		for _, name := range names {
			img, err := d.add(ctx, entry, name)
			if err != nil {
				return nil, err
			}
			images = append(images, img)
		}
	}
	return images, nil
}

// pointersOf are the names that the store can have, or one empty one when there are none.
func pointersOf(tags []string) []string {
	var names []string
	for _, tag := range tags {
		if r, err := ref.ParsePointer(tag); err == nil {
			names = append(names, r.Pointer())
		}
	}
	if len(names) == 0 {
		return []string{""}
	}
	return names
}

// add makes an image of an entry, once all of its layers are those that its config names.
func (d *dockerArchive) add(ctx context.Context, entry dockerEntry, name string) (Image, error) {
	raw, ok := d.documents[d.resolve(entry.Config)]
	if !ok {
		return Image{}, fmt.Errorf("the archive lacks the config %q", entry.Config)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(raw, &config); err != nil {
		return Image{}, fmt.Errorf("config %q of the archive: %w", entry.Config, err)
	}
	if have, want := len(entry.Layers), len(config.RootFS.DiffIDs); have != want {
		return Image{}, fmt.Errorf("config %q of the archive names %d layers, and the archive has %d", entry.Config, want, have)
	}
	manifest := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: v1.Descriptor{MediaType: types.OCIConfigJSON, Digest: digestOfBytes(raw), Size: int64(len(raw))},
		Layers: []v1.Descriptor{},
	}
	for i, want := range config.RootFS.DiffIDs {
		layer, ok := d.layers[d.resolve(entry.Layers[i])]
		switch {
		case !ok:
			return Image{}, fmt.Errorf("the archive lacks the layer %q", entry.Layers[i])
		case layer.diffID != want:
			return Image{}, fmt.Errorf("layer %q of the archive: %w", entry.Layers[i], &DigestError{Want: want, Got: layer.diffID})
		}
		manifest.Layers = append(manifest.Layers, layer.blob)
	}
	if _, err := d.store.putBytes(ctx, raw); err != nil {
		return Image{}, err
	}
	text, err := json.Marshal(manifest)
	if err != nil {
		return Image{}, err
	}
	digest, err := d.store.putBytes(ctx, text)
	if err != nil {
		return Image{}, err
	}
	return d.store.Add(ctx, v1.Descriptor{MediaType: manifest.MediaType, Digest: digest, Size: int64(len(text))}, name, nil)
}

// resolve follows the links of a name.
func (d *dockerArchive) resolve(name string) string {
	name = path.Clean(name)
	for range maxNesting {
		to, ok := d.links[name]
		if !ok {
			break
		}
		name = to
	}
	return name
}

// configOf finds the config that an engine's id leads to.
func (d *dockerArchive) configOf(id v1.Hash, platform v1.Platform) (v1.Hash, error) {
	for range maxNesting {
		data := d.withDigest(id)
		if data == nil {
			break
		}
		var m struct {
			Config *v1.Descriptor `json:"config"`
			RootFS *v1.RootFS     `json:"rootfs"`
			v1.IndexManifest
		}
		if err := json.Unmarshal(data, &m); err != nil {
			return id, fmt.Errorf("%s in the archive: %w", id, err)
		}
		switch {
		case m.RootFS != nil:
			return id, nil
		case m.Config != nil:
			id = m.Config.Digest
		default:
			desc, err := SelectPlatform(&m.IndexManifest, platform)
			if err != nil {
				return id, err
			}
			id = desc.Digest
		}
	}
	return id, fmt.Errorf("the archive does not have the image %s", id)
}

func (d *dockerArchive) withDigest(want v1.Hash) []byte {
	for _, data := range d.documents {
		if digestOfBytes(data) == want {
			return data
		}
	}
	return nil
}

func digestOfBytes(data []byte) v1.Hash {
	sum := sha256.New()
	_, _ = sum.Write(data)
	return digestOf(sum)
}
