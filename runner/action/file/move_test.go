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
	other, err := os.MkdirTemp("/dev/shm", "slipway-test-")
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

func TestMoveSpecialFilesAcross(t *testing.T) {
	s := newSandbox(t, map[string]string{"tree/f": ""})
	other := otherFileSystem(t, s.req.Dir)
	if err := syscall.Mkfifo(s.path("tree/pipe"), 0o604); err != nil {
		t.Fatal(err)
	}
	s.must(file.MoveFolder{}, action.Entry{"source": "tree", "destination": other + "/"})
	info, err := os.Lstat(filepath.Join(other, "tree/pipe"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != os.ModeNamedPipe|0o604 {
		t.Errorf("mode = %v", info.Mode())
	}
	s.want(map[string]string{})
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

func TestMoveFolder(t *testing.T) {
	start := map[string]string{"src/f": "new", "src/sub/g": "G", "old/f": "old", "old/sub/h": "H", "outer/outer/x": "", "link": "-> src"}
	s := newSandbox(t, start)
	s.fails(`MoveFolder: writing "DIR/old": already exists and overwrite is false`, file.MoveFolder{},
		action.Entry{"source": "src", "destination": "old", "overwrite": false})
	s.fails(`MoveFolder: copying "DIR/src" to "DIR/src/sub/src": a folder cannot be put into itself`, file.MoveFolder{},
		action.Entry{"source": "src", "destination": "src/sub/"})
	s.fails(`MoveFolder: moving "DIR/outer/outer" to "DIR/outer": the source lies in the destination`, file.MoveFolder{},
		action.Entry{"source": "outer/outer", "destination": "outer"})
	s.fails(`MoveFolder: reading "DIR/link": is not a folder`, file.MoveFolder{}, action.Entry{"source": "link", "destination": "x"})
	s.want(start)
	s.must(file.MoveFolder{}, action.Entry{"source": "src", "destination": "old"})
	s.must(file.MoveFolder{}, action.Entry{"source": "out*", "destination": "new/place"})
	s.want(map[string]string{"old/f": "new", "old/sub/g": "G", "old/sub/h": "H", "new/place/outer/x": "", "link": "-> src"})
}
