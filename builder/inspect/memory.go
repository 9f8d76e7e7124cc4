package inspect

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway-oci/slipway/builder/notes"
	"github.com/slipway-oci/slipway/oci/store"
)

// rulesVersion is that of the rules: what older ones found is not used.
const rulesVersion = 2

// folder is where reports are kept, in the folder of what builds remember. The name is none that a recipe can have.
const folder = ".layers"

// In gives the Memory in a folder of what builds remember, which may be "" for none.
func In(dir string) Memory {
	if dir == "" {
		return Memory{}
	}
	return Memory{Dir: filepath.Join(dir, folder)}
}

// Memory keeps reports by the digests of their layers, so that a layer is read once.
type Memory struct {
	Dir string // "" keeps nothing
	// Fresh are reports of observers, by the digests of layers that were just made.
	Fresh map[string]json.RawMessage
}

type remembered struct {
	Version int    `json:"version"`
	Report  Report `json:"report"`
}

// Layer gives the report of a layer of an image in the store. A report that cannot be kept is no error: the layer is
// then read again next time.
func (m Memory) Layer(ctx context.Context, from *store.Store, layer v1.Descriptor) (Report, error) {
	if report, ok := fresh(m.Fresh[layer.Digest.String()]); ok {
		m.save(layer.Digest, report)
		return report, nil
	}
	if report, ok := m.load(layer.Digest); ok {
		return report, nil
	}
	blob, err := from.Blob(layer)
	if err != nil {
		return Report{}, err
	}
	defer blob.Close()
	plain, err := decompress(interruptible{ctx, blob})
	if err != nil {
		return Report{}, fmt.Errorf("layer %s: %w", layer.Digest, err)
	}
	defer plain.Close()
	report, err := Layer(plain)
	if err != nil {
		return Report{}, fmt.Errorf("layer %s: %w", layer.Digest, err)
	}
	m.save(layer.Digest, report)
	return report, nil
}

func (m Memory) path(digest v1.Hash) string { return filepath.Join(m.Dir, digest.Hex+".json") }

func (m Memory) load(digest v1.Hash) (Report, bool) {
	if m.Dir == "" {
		return Report{}, false
	}
	var r remembered
	if !notes.Read(m.path(digest), &r) || r.Version != rulesVersion {
		return Report{}, false
	}
	return r.Report, true
}

// fresh takes an observer's report if it was made by the same rules.
func fresh(data []byte) (Report, bool) {
	var r remembered
	if json.Unmarshal(data, &r) != nil || r.Version != rulesVersion {
		return Report{}, false
	}
	return r.Report, true
}

// save keeps a report. Without it the layer is read again.
func (m Memory) save(digest v1.Hash, report Report) {
	if m.Dir != "" {
		_ = notes.Write(m.path(digest), remembered{rulesVersion, report})
	}
}

// decompress looks at the first bytes, since media types of layers come in many spellings.
func decompress(r io.Reader) (io.ReadCloser, error) {
	buffered := bufio.NewReaderSize(r, 1<<17)
	first, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(first, []byte{0x1f, 0x8b}):
		return gzip.NewReader(buffered)
	case bytes.HasPrefix(first, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		d, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	default:
		return io.NopCloser(buffered), nil
	}
}

// interruptible ends reading when its context does.
type interruptible struct {
	ctx context.Context //nolint:containedctx // it lives as long as one call
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, context.Cause(i.ctx)
	}
	return i.r.Read(p)
}
