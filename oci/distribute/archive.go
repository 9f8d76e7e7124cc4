package distribute

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// archiveTarget is a file.
type archiveTarget struct {
	file, kind, name string
}

// Archive makes a target of a tar archive of the kind "oci" or "docker", with NAME:TAG in it. The file appears whole
// or not at all. Both kinds have the table of contents of the other; an image for several platforms has only that of
// the OCI, so a target of the kind "docker" refuses it.
func Archive(file, kind, name string) Target {
	return &archiveTarget{file: filepath.Clean(file), kind: kind, name: name}
}

func (t *archiveTarget) References() []string { return []string{t.kind + "-archive:" + t.file} }

func (t *archiveTarget) Group() string { return t.file }

func (*archiveTarget) done() Status { return Written }

var errOnePlatform = errors.New("an archive for docker holds an image for one platform; type=oci holds several")

func (t *archiveTarget) Send(ctx context.Context, img store.Image, _ func(registry.Progress)) (Delivery, error) {
	if t.kind == "docker" && img.IsIndex() {
		return Delivery{}, errOnePlatform
	}
	img.Name = t.name
	err := WriteFile(t.file, func(f *os.File) error { return img.Store().Save(ctx, f, img) })
	return Delivery{Transferred: 1}, err
}

// WriteFile writes a file beside its place and moves it there when it is whole. What is there and is no file, such as
// a pipe, is written to as it is.
func WriteFile(path string, write func(*os.File) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
