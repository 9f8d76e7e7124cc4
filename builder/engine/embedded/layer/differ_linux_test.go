package layer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/labels"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/klauspost/compress/zstd"
	containerdsnapshot "github.com/moby/buildkit/snapshot/containerd"
	"github.com/moby/buildkit/util/compression"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// counter is an observer that counts.
type counter struct{ files int }

func (c *counter) Header(*tar.Header)               { c.files++ }
func (c *counter) Report() (json.RawMessage, error) { return json.Marshal(c.files) }

// newTestDiffer has a content store as the worker's.
func newTestDiffer(tb testing.TB) (*Differ, content.Store, string) {
	tb.Helper()
	folder := tb.TempDir()
	backend, err := local.NewStore(folder)
	if err != nil {
		tb.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(tb.TempDir(), "meta.db"), 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	store := containerdsnapshot.NewContentStore(metadata.NewDB(db, backend, nil).ContentStore(), "test")
	return NewDiffer(store, folder, func() Observer { return &counter{} }), store, folder
}

// layerOf makes a layer with the compression of a type.
func layerOf(tb testing.TB, d *Differ, c compression.Config, lower, upper []mount.Mount) ocispecs.Descriptor {
	tb.Helper()
	c = Faster(c)
	compressor, _ := c.Type.Compress(tb.Context(), c)
	desc, err := d.Compare(tb.Context(), lower, upper, diff.WithMediaType(c.Type.MediaType()), diff.WithReference("ref"),
		diff.WithCompressor(func(w io.Writer, mediaType string) (io.WriteCloser, error) { return compressor(w, mediaType) }))
	if err != nil {
		tb.Fatal(err)
	}
	return desc
}

// plain reads a layer with the readers that other programs have.
func plain(t *testing.T, store content.Store, desc ocispecs.Descriptor) []byte {
	t.Helper()
	data, err := content.ReadBlob(t.Context(), store, desc)
	if err != nil {
		t.Fatal(err)
	}
	if got := digest.FromBytes(data); got != desc.Digest || int64(len(data)) != desc.Size {
		t.Errorf("the blob has %d bytes and digest %s, the descriptor %d and %s", len(data), got, desc.Size, desc.Digest)
	}
	var r io.Reader = bytes.NewReader(data)
	switch desc.MediaType {
	case ocispecs.MediaTypeImageLayerGzip:
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false) // one member, for readers that stop behind the first
		r = z
	case ocispecs.MediaTypeImageLayerZstd:
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestLayersOfEachCompressionHoldTheSameStream(t *testing.T) {
	s := newSnapshots(t, lowerTree(t), upperTree(t))
	want := s.theirs()
	lower, upper := s.mounts()
	level := 1
	for name, c := range map[string]compression.Config{
		"gzip": {Type: compression.Gzip}, "gzip with a level": {Type: compression.Gzip, Level: &level},
		"zstd": {Type: compression.Zstd}, "zstd with a level": {Type: compression.Zstd, Level: &level},
		"uncompressed": {Type: compression.Uncompressed},
	} {
		t.Run(name, func(t *testing.T) {
			d, store, folder := newTestDiffer(t)
			desc := layerOf(t, d, c, lower, upper)
			if !bytes.Equal(plain(t, store, desc), want) {
				t.Error("the stream is not BuildKit's")
			}
			info, err := store.Info(t.Context(), desc.Digest)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Labels[labels.LabelUncompressed]; got != digest.FromBytes(want).String() {
				t.Errorf("diff ID %q", got)
			}
			names, _ := files(t, want)
			if got := string(d.Report(desc.Digest)); got != fmt.Sprint(len(names)) {
				t.Errorf("the observer saw %s files, want %d", got, len(names))
			}
			if again := layerOf(t, d, c, lower, upper); again.Digest != desc.Digest || again.Size != desc.Size {
				t.Errorf("a second layer of the same is %v, the first %v", again, desc)
			}
			if err := d.Wait(); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(filepath.Join(folder, "layers")); err != nil || len(left) > 0 {
				t.Errorf("half-written layers: %v, %v", left, err)
			}
		})
	}
}

func TestLayersThatAnOverlayDoesNotHoldAreFoundByWalking(t *testing.T) {
	s := newSnapshots(t, lowerTree(t), func(root string) { must(t)(os.WriteFile(filepath.Join(root, "new"), []byte("new"), 0o600)) })
	lower, _ := s.mounts()
	copied := []mount.Mount{{Type: "bind", Source: t.TempDir(), Options: []string{"ro", "rbind"}}} // as the native snapshotter has them
	must(t)(os.CopyFS(copied[0].Source, os.DirFS(s.lowers[0])))
	must(t)(os.WriteFile(filepath.Join(copied[0].Source, "new"), []byte("new"), 0o600))
	d, store, _ := newTestDiffer(t)
	names, _ := files(t, plain(t, store, layerOf(t, d, compression.Config{Type: compression.Gzip}, lower, copied)))
	if !strings.Contains(strings.Join(names, " "), "new") {
		t.Errorf("files %q", names)
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	input := make([]byte, 5<<20+17)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(input[:2<<20])
	copy(input[3<<20:], bytes.Repeat([]byte("words that come again and again "), 1000))
	other := bytes.Repeat([]byte("what another layer left in the compressor "), 50_000)
	for _, kind := range []compression.Type{compression.Gzip, compression.Zstd} {
		digests := map[digest.Digest]bool{}
		for _, piece := range []int{1 << 12, 1<<16 + 1, 1 << 20, len(input)} {
			digests[digest.FromBytes(compressed(t, kind, input, piece))] = true
			compressed(t, kind, other, piece)
		}
		if len(digests) != 1 {
			t.Errorf("%s: %d different outputs", kind, len(digests))
		}
	}
}

// compressed is what becomes of input when it is written in pieces.
func compressed(t *testing.T, kind compression.Type, input []byte, piece int) []byte {
	t.Helper()
	c := Faster(compression.Config{Type: kind})
	compressor, _ := c.Type.Compress(t.Context(), c)
	var out bytes.Buffer
	w, err := compressor(&out, "")
	if err != nil {
		t.Fatal(err)
	}
	f := newFanout(w)
	for rest := input; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
		if _, err := f.Write(rest[:min(piece, len(rest))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// brokenWriter fails from its second megabyte on.
type brokenWriter struct{ left int }

var errBroken = errors.New("no space left on device")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestAWriterThatFailsEndsTheFanout(t *testing.T) {
	var good bytes.Buffer
	f := newFanout(&brokenWriter{1 << 20}, &good)
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		_, err = f.Write(make([]byte, 1<<18))
	}
	if !errors.Is(err, errBroken) {
		t.Errorf("write: %v", err)
	}
	if err := f.Close(); !errors.Is(err, errBroken) {
		t.Errorf("close: %v", err)
	}
}

func TestACancelledLayerLeavesNothing(t *testing.T) {
	s := newSnapshots(t, lowerTree(t), upperTree(t))
	lower, upper := s.mounts()
	d, _, folder := newTestDiffer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := Faster(compression.Config{Type: compression.Gzip})
	compressor, _ := c.Type.Compress(ctx, c)
	_, err := d.Compare(ctx, lower, upper, diff.WithMediaType(c.Type.MediaType()),
		diff.WithCompressor(func(w io.Writer, mediaType string) (io.WriteCloser, error) {
			cancel() // the file is there by now, the changes are not yet read
			return compressor(w, mediaType)
		}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	for _, sub := range []string{"layers", "blobs/sha256"} {
		if left, err := os.ReadDir(filepath.Join(folder, sub)); err != nil || len(left) > 0 {
			t.Errorf("%s: %v, %v", sub, left, err)
		}
	}
}

func TestLinkGivesTheImageStoreTheSameFile(t *testing.T) {
	d, _, folder := newTestDiffer(t)
	data := []byte("a layer")
	desc := ocispecs.Descriptor{Digest: digest.FromBytes(data), Size: int64(len(data))}
	source := filepath.Join(folder, "blobs", "sha256", desc.Digest.Encoded())
	mkdir(t, filepath.Dir(source))
	old := time.Now().Add(-48 * time.Hour)
	must(t)(os.WriteFile(source, data, 0o444))
	must(t)(os.Chtimes(source, old, old))
	absent := ocispecs.Descriptor{Digest: digest.FromString("elsewhere"), Size: 3}
	for name, before := range map[string]string{"nothing": "", "torn": "a l", "there": "a layer"} {
		t.Run(name, func(t *testing.T) {
			store := t.TempDir()
			target := filepath.Join(store, "blobs", "sha256", desc.Digest.Encoded())
			if before != "" {
				mkdir(t, filepath.Dir(target))
				must(t)(os.WriteFile(target, []byte(before), 0o444))
			}
			if err := d.link([]ocispecs.Descriptor{absent, desc}, store); err != nil {
				t.Fatal(err)
			}
			one, err := os.Stat(source)
			must(t)(err)
			two, err := os.Stat(target)
			must(t)(err)
			if linked := os.SameFile(one, two); linked != (before != "a layer") || two.Size() != desc.Size {
				t.Errorf("the same file: %v, %d bytes", linked, two.Size())
			}
			if time.Since(two.ModTime()) > time.Hour {
				t.Errorf("it looks as old as %v", two.ModTime())
			}
		})
	}
}

func TestLinkImageSaysWhetherAllIsThere(t *testing.T) {
	d, _, folder := newTestDiffer(t)
	write := func(data []byte) ocispecs.Descriptor {
		t.Helper()
		desc := ocispecs.Descriptor{Digest: digest.FromBytes(data), Size: int64(len(data))}
		path := filepath.Join(folder, "blobs", "sha256", desc.Digest.Encoded())
		mkdir(t, filepath.Dir(path))
		must(t)(os.WriteFile(path, data, 0o444))
		return desc
	}
	image := func(layers ...ocispecs.Descriptor) ocispecs.Descriptor {
		t.Helper()
		manifest, err := json.Marshal(ocispecs.Manifest{Config: write([]byte("{}")), Layers: layers})
		must(t)(err)
		return write(manifest)
	}
	absent := ocispecs.Descriptor{Digest: digest.FromString("elsewhere"), Size: 3}
	for _, row := range []struct {
		image ocispecs.Descriptor
		whole bool
	}{{image(write([]byte("a layer"))), true}, {image(write([]byte("a layer")), absent), false}} {
		if whole, err := d.LinkImage(row.image, t.TempDir()); err != nil || whole != row.whole {
			t.Errorf("LinkImage() = %v, %v, want %v", whole, err, row.whole)
		}
	}
	if _, err := d.LinkImage(write([]byte("no manifest")), t.TempDir()); err == nil {
		t.Error("what is no manifest is linked")
	}
}

// BenchmarkLayer makes a layer of files that compress as programs do and of small ones.
func BenchmarkLayer(b *testing.B) {
	if os.Getuid() != 0 {
		b.Skip("mounting needs root")
	}
	for name, fill := range map[string]func(string) int64{
		"large-files": func(root string) int64 { return spread(b, root, 32, 4<<20) },
		"small-files": func(root string) int64 { return spread(b, root, 5000, 1<<10) },
	} {
		root := b.TempDir()
		size := fill(root)
		upper := []mount.Mount{{Type: "bind", Source: root, Options: []string{"ro", "rbind"}}}
		for _, kind := range []compression.Type{compression.Gzip, compression.Zstd} {
			b.Run(name+"/"+kind.String(), func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					d, _, _ := newTestDiffer(b)
					layerOf(b, d, compression.Config{Type: kind}, nil, upper)
				}
			})
		}
	}
}

// spread writes files of a size, half of each random and half words, and returns how many bytes they have together.
func spread(b *testing.B, root string, count, size int) int64 {
	b.Helper()
	source := rand.NewChaCha8([32]byte{1})
	content := make([]byte, size)
	for i := range count {
		_, _ = source.Read(content[:size/2])
		copy(content[size/2:], strings.Repeat("words that come again ", size/40))
		dir := filepath.Join(root, fmt.Sprintf("dir%d", i%50))
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), content, 0o644)); err != nil {
			b.Fatal(err)
		}
	}
	return int64(count) * int64(size)
}
