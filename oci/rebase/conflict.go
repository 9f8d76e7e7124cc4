package rebase

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// whiteout begins the name of what a layer deletes (OCI image-spec, layer.md).
const whiteout = ".wh."

// conflicts are the files in an image's own layers that both parents have and have differently, or that only one of them
// has: what the image made of the old one would hide the new one. The record of a package manager is the usual case.
func conflicts(ctx context.Context, own, from, onto []v1.Layer) ([]string, error) {
	replaced := states{}
	for _, l := range own {
		if err := each(ctx, l, func(h *tar.Header, name string, _ io.Reader) error {
			if h.Typeflag != tar.TypeDir && !strings.HasPrefix(path.Base(name), whiteout) {
				replaced[name] = ""
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	if len(replaced) == 0 {
		return nil, nil
	}
	from, onto = withoutCommon(from, onto)
	before, err := replaced.in(ctx, from)
	if err != nil {
		return nil, err
	}
	after, err := replaced.in(ctx, onto)
	if err != nil {
		return nil, err
	}
	var paths []string
	for name := range replaced {
		if before[name] != after[name] {
			paths = append(paths, "/"+name)
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// withoutCommon leaves the layers out that both begin with: there is nothing different in them.
func withoutCommon(a, b []v1.Layer) ([]v1.Layer, []v1.Layer) {
	for len(a) > 0 && len(b) > 0 {
		left, err := a[0].Digest()
		right, rightErr := b[0].Digest()
		if err != nil || rightErr != nil || left != right {
			break
		}
		a, b = a[1:], b[1:]
	}
	return a, b
}

// states are fingerprints of files by path, "" for what these layers say nothing of.
type states map[string]string

// in gives the state of these paths in a stack of layers.
func (s states) in(ctx context.Context, layers []v1.Layer) (states, error) {
	found := states{}
	for _, l := range layers {
		err := each(ctx, l, func(h *tar.Header, name string, content io.Reader) error {
			dir, base := path.Split(name)
			if deleted, ok := strings.CutPrefix(base, whiteout); ok {
				found.remove(s, dir, deleted)
				return nil
			}
			if _, wanted := s[name]; !wanted || h.Typeflag == tar.TypeDir {
				return nil
			}
			print, err := fingerprint(h, content)
			found[name] = print
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// remove notes that of the wanted paths one is gone, with all below it; an opaque folder loses what lower layers put into
// it. That is not the same as "", which stands for what common layers have.
func (s states) remove(wanted states, dir, name string) {
	gone := dir + name
	if name == whiteout+".opq" {
		gone = strings.TrimSuffix(dir, "/")
	}
	for p := range wanted {
		if p == gone || strings.HasPrefix(p, gone+"/") {
			s[p] = "deleted"
		}
	}
}

// fingerprint is all of a file but its times.
func fingerprint(h *tar.Header, content io.Reader) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return "", err
	}
	return fmt.Sprintf("%c %o %d:%d %d,%d %q %x", h.Typeflag, h.Mode, h.Uid, h.Gid, h.Devmajor, h.Devminor, h.Linkname, sum.Sum(nil)), nil
}

// each calls visit for every entry of a layer, with its path from the root.
func each(ctx context.Context, l v1.Layer, visit func(h *tar.Header, name string, content io.Reader) error) (err error) {
	content, err := l.Uncompressed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	archive := tar.NewReader(content)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, content) // to its end, where its digest is compared
			return err
		}
		if err != nil {
			return err
		}
		if err := visit(h, strings.TrimPrefix(path.Clean("/"+h.Name), "/"), archive); err != nil {
			return err
		}
	}
}
