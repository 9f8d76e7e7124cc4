package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// folderOf is a remote folder in memory: paths to contents, nil for a folder.
type folderOf map[string][]byte

func (f folderOf) readDir(_ context.Context, dir string) ([]*fstypes.Stat, error) {
	var list []*fstypes.Stat
	for path, data := range f {
		if filepath.Dir(path) != filepath.Clean(dir) || path == "/" {
			continue
		}
		stat := &fstypes.Stat{Path: filepath.Base(path), Size: int64(len(data)), Mode: uint32(0o644)}
		if data == nil {
			stat.Mode = uint32(fs.ModeDir | 0o755)
		}
		list = append(list, stat)
	}
	return list, nil
}

func (f folderOf) readFile(_ context.Context, file string, at gateway.FileRange) ([]byte, error) {
	data, ok := f[file]
	if !ok {
		return nil, fs.ErrNotExist
	}
	end := min(at.Offset+at.Length, len(data))
	return data[min(at.Offset, end):end], nil
}

func TestCopyLogFolderTakesTheRunnersFilesWhole(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), readChunk/16+100)
	remote := folderOf{
		"/TOE_1": nil, "/TOE_1/console.log": large, "/TOE_1/detailedoutput.json": []byte("{}"), "/TOE_1/sub": nil,
		"/stray": []byte("not a log"),
	}
	dir := t.TempDir()
	if err := copyLogFolder(t.Context(), remote, dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "console.log"))
	if err != nil || !bytes.Equal(got, large) {
		t.Errorf("console.log has %d bytes, want %d (%v)", len(got), len(large), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("copied %v, %v; want the two files of the log folder", entries, err)
	}
}

func archiveOf(t *testing.T, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, name := range files {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(name))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestUnpackStreamsGivesEachComponentItsArchive(t *testing.T) {
	root := t.TempDir()
	folder := func(i int) (string, error) {
		dir := filepath.Join(root, fmt.Sprint(i))
		return dir, os.MkdirAll(dir, 0o755)
	}
	stream := append(archiveOf(t, "TOE_1/console.log", "TOE_1/document.yaml"), archiveOf(t, "TOE_2/console.log", "../../escape")...)
	if err := unpackStreams(bytes.NewReader(stream), &TestSpec{LogFolder: folder}); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			got = append(got, rel)
		}
		return err
	})
	want := []string{"0/console.log", "0/document.yaml", "1/console.log", "1/escape"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("files (-want +got), %v:\n%s", err, diff)
	}
}

func TestUnpackStreamsReportsACutArchive(t *testing.T) {
	dir := t.TempDir()
	stream := archiveOf(t, "TOE_1/console.log")
	err := unpackStreams(bytes.NewReader(stream[:520]), &TestSpec{LogFolder: func(int) (string, error) { return dir, nil }})
	if err == nil {
		t.Error("a cut archive is no error")
	}
}

func TestReadersStartEachOnceAndNoneAfterTheEnd(t *testing.T) {
	wrong := errors.New("wrong")
	calls := make([]int, 3)
	r := newReaders(3, func(i int) error {
		calls[i]++
		return map[int]error{1: wrong}[i]
	})
	r.start(0)
	r.start(1)
	r.start(1)
	if err := r.wait(); !errors.Is(err, wrong) {
		t.Errorf("wait() = %v, want %v", err, wrong)
	}
	r.start(2)
	if diff := cmp.Diff([]int{1, 1, 0}, calls); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
}
