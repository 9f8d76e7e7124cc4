package inspect

import (
	"archive/tar"
	"context"
	"io"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/store"
)

// maxRelease is how much of an os-release is read; real ones have some hundred bytes.
const maxRelease = 8 << 10

// readRelease keeps the text of os-release. Mostly /etc/os-release is a link to the other name.
func (r *Report) readRelease(h *tar.Header, content io.Reader) error {
	if !isRelease(h) || path.Clean("/"+h.Name) != "/etc/os-release" && r.OSRelease != "" {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(content, maxRelease))
	r.OSRelease = string(text)
	return err
}

// isRelease says whether the content of a file is in the report.
func isRelease(h *tar.Header) bool {
	name := path.Clean("/" + h.Name)
	return h.Typeflag == tar.TypeReg && (name == "/etc/os-release" || name == "/usr/lib/os-release")
}

// OSRelease gives the os-release of an image by its layers, bottom first; "" when it has none.
func (m Memory) OSRelease(ctx context.Context, from *store.Store, layers []v1.Descriptor) (string, error) {
	for _, layer := range slices.Backward(layers) {
		report, err := m.Layer(ctx, from, layer)
		if err != nil || report.OSRelease != "" {
			return report.OSRelease, err
		}
	}
	return "", nil
}

// Setuid gives the names of the setuid and setgid files of layers.
func (m Memory) Setuid(ctx context.Context, from *store.Store, layers []v1.Descriptor) (map[string]bool, error) {
	names := map[string]bool{}
	for _, layer := range layers {
		report, err := m.Layer(ctx, from, layer)
		if err != nil {
			return nil, err
		}
		for _, f := range report.Setuid {
			names[f.Name] = true
		}
	}
	return names, nil
}
