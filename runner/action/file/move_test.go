//go:build linux

package file_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

// otherFileSystem returns a new folder on another file system than dir.
func otherFileSystem(t *testing.T, dir string) string {
	t.Helper()
	other, err := os.MkdirTemp("/dev/shm", "slipway-test-") //nolint:usetesting // elsewhere than t.TempDir
	if err != nil {
		t.Skip("/dev/shm is needed as a second file system")
	}
	t.Cleanup(func() { os.RemoveAll(other) })
	var a, b syscall.Stat_t
	if err := errors.Join(syscall.Stat(dir, &a), syscall.Stat(other, &b)); err != nil {
		t.Fatal(err)
	}
	if a.Dev == b.Dev {
		t.Skip("temporary files are on the file system of /dev/shm, so there is no second one")
	}
	return other
}

func testMoveAcross(t *testing.T) {
	start := map[string]string{"file": "F", "link": "-> file", "tree/f": "T", "tree/link": "-> f", "tree/empty/": ""}
	stamp := time.Date(2020, 2, 3, 4, 5, 6, 789, time.UTC)
	for _, where := range []string{"same file system", "other file system"} {
		t.Run(where, func(t *testing.T) {
			s := newSandbox(t, start)
			to := s.path("to")
			if where == "other file system" {
				to = otherFileSystem(t, s.req.Dir)
			}
			for name, mode := range map[string]os.FileMode{"file": 0o4751, "tree/f": 0o640, "tree/empty": 0o1777, "tree": 0o711} {
				if os.Geteuid() == 0 {
					if err := os.Lchown(s.path(name), 1200, 1300); err != nil {
						t.Fatal(err)
					}
				}
				if err := errors.Join(syscall.Chmod(s.path(name), uint32(mode)), os.Chtimes(s.path(name), stamp, stamp)); err != nil {
					t.Fatal(err)
				}
			}
			before := map[string]*syscall.Stat_t{}
			for _, name := range []string{"file", "link", "tree", "tree/f", "tree/link", "tree/empty"} {
				before[name] = s.stat(name)
			}
			s.must(file.Move{}, action.Entry{"source": "file", "destination": to + "/"}, action.Entry{"source": "link", "destination": to + "/link"})
			s.must(file.MoveFolder{}, action.Entry{"source": "tree", "destination": to + "/"})
			if where == "other file system" {
				s.want(map[string]string{})
			}
			for name, was := range before {
				info, err := os.Lstat(filepath.Join(to, name))
				if err != nil {
					t.Error(err)
					continue
				}
				is := info.Sys().(*syscall.Stat_t)
				if is.Mode != was.Mode || is.Uid != was.Uid || is.Gid != was.Gid || is.Mtim != was.Mtim {
					t.Errorf("%s: mode %o owner %d:%d time %v, want mode %o owner %d:%d time %v",
						name, is.Mode, is.Uid, is.Gid, is.Mtim, was.Mode, was.Uid, was.Gid, was.Mtim)
				}
			}
		})
	}
}

func TestMoveFile(t *testing.T) {
	s := newSandbox(t, map[string]string{"in/a": "A", "in/b": "B", "in/d/": "", "old": "old", "link": "-> in/a", "lost": "-> nowhere"})
	s.must(file.Move{}, action.Entry{"source": "in/*", "destination": "out/"})
	s.must(file.Move{}, action.Entry{"source": "lost", "destination": "still-lost"})
	s.must(file.Move{}, action.Entry{"source": "out/b", "destination": "old"})
	s.fails(`MoveFile: reading "DIR/in/d": is a folder`, file.Move{}, action.Entry{"source": "in/d", "destination": "x"})
	s.fails(`MoveFile: reading "DIR/none": no such file or directory`, file.Move{}, action.Entry{"source": "none", "destination": "x"})
	s.want(map[string]string{"in/d/": "", "out/a": "A", "old": "B", "link": "-> in/a", "still-lost": "-> nowhere"})
}

func TestMoveOntoItsOwnTargetIsRefused(t *testing.T) {
	files := map[string]string{"a": "A", "link": "-> a"}
	s := newSandbox(t, files)
	s.fails(`MoveFile: writing "DIR/a": source and destination are the same file`, file.Move{}, action.Entry{"source": "link", "destination": "a"})
	s.want(files)
}
