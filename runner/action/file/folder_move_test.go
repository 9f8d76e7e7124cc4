//go:build linux

package file_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

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
