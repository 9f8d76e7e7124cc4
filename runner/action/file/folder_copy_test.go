//go:build linux

package file_test

import (
	"maps"
	"os"
	"syscall"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testCopyFolder(t *testing.T) {
	start := map[string]string{
		"src/f": "new", "src/sub/g": "G", "src/link": "-> f", "src/empty/": "",
		"old/f": "old", "old/sub/h": "H", "file": "",
	}
	copied := func(to string) map[string]string {
		want := maps.Clone(start)
		for name, content := range map[string]string{"/f": "new", "/sub/g": "G", "/link": "-> f", "/empty/": ""} {
			want[to+name] = content
		}
		return want
	}
	tests := []struct {
		name, source, destination string
		want                      map[string]string
		err                       string
	}{
		{"name", "src", "a/b", copied("a/b"), ""},
		{"separators", "src/", "a/", copied("a/src"), ""},
		{"merge", "src", "old", copied("old"), ""},
		{"one match is a name", "sr*", "a", copied("a"), ""},
		{"into itself", "src", "src/sub/", start, `copying "DIR/src" to "DIR/src/sub/src": a folder cannot be put into itself`},
		{"onto itself", "src", "./src", start, `copying "DIR/src" to "DIR/./src": a folder cannot be put into itself`},
		{"file in its place", "src", "file", start, `writing "DIR/file": is not a folder`},
		{"file as source", "file", "a", start, `reading "DIR/file": is not a folder`},
		{"missing source", "none", "a", start, `reading "DIR/none": no such file or directory`},
		{"several matches", "*", "a", start, `"*" to "DIR/a": several matches need a destination that ends with a separator`},
		{"no match", "fil*", "a/", start, `reading "DIR/fil*": nothing matches`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSandbox(t, start)
			_, err := s.run(file.CopyFolder{}, action.Entry{"source": tt.source, "destination": tt.destination})
			if err != prefixed("CopyFolder", tt.err) {
				t.Errorf("error = %s, want %s", err, tt.err)
			}
			s.want(tt.want)
		})
	}
	s := newSandbox(t, start)
	s.fails(`CopyFolder: writing "DIR/old": already exists and overwrite is false`, file.CopyFolder{},
		action.Entry{"source": "src", "destination": "old", "overwrite": false})
	s.want(start)
}

func TestCopyFolderConflicts(t *testing.T) {
	s := newSandbox(t, map[string]string{"a/x": "file", "b/x/": "", "c/x": "-> ../b/x", "d/f": "F", "e": "-> d"})
	s.fails(`CopyFolder: writing "DIR/b/x": is a folder`, file.CopyFolder{}, action.Entry{"source": "a", "destination": "b"})
	s.fails(`CopyFolder: creating folder "DIR/a/x": is not a folder`, file.CopyFolder{}, action.Entry{"source": "b", "destination": "a"})
	s.fails(`CopyFolder: writing "DIR/c/x": is a folder`, file.CopyFolder{}, action.Entry{"source": "a", "destination": "c"})
	s.must(file.CopyFolder{}, action.Entry{"source": "a", "destination": "e"})
	s.want(map[string]string{"a/x": "file", "b/x/": "", "c/x": "-> ../b/x", "d/f": "F", "d/x": "file", "e": "-> d"})
}

func TestCopyFolderAttributes(t *testing.T) {
	s := newSandbox(t, map[string]string{"src/ours": "", "src/theirs": "", "src/shut/f": "", "to/": ""})
	modes := map[string]os.FileMode{"src/ours": 0o755 | os.ModeSetuid, "src/shut": 0o500, "src": 0o711}
	if os.Geteuid() == 0 {
		if err := os.Chown(s.path("src/theirs"), 1200, 1300); err != nil {
			t.Fatal(err)
		}
		modes["src/theirs"] = 0o755 | os.ModeSetuid | os.ModeSetgid
	}
	for name, mode := range modes {
		if err := os.Chmod(s.path(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(s.path("src/pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must(file.CopyFolder{}, action.Entry{"source": "src", "destination": "to/"})
	s.wantMode("to/src", 0o711)
	s.wantMode("to/src/shut", 0o500)
	s.wantMode("to/src/ours", 0o4755)
	if os.Geteuid() == 0 {
		s.wantMode("to/src/theirs", 0o755)
		s.wantOwner("to/src/theirs", 0, 0)
	}
	s.wantLog(`Warn "` + s.path("src/pipe") + `" is skipped`)
	if _, err := os.Lstat(s.path("to/src/pipe")); err == nil {
		t.Error("the pipe was copied")
	}
	if err := os.Chmod(s.path("src/shut"), 0o700); err != nil { // or it could not be cleaned up
		t.Fatal(err)
	}
	if err := os.Chmod(s.path("to/src/shut"), 0o700); err != nil {
		t.Fatal(err)
	}
}
