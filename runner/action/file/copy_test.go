package file_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/file"
)

func testCopyTargets(t *testing.T) {
	start := map[string]string{"a": "A", "b": "B", "folder/": "", "link": "-> a", "busy/a/": "", "lost": "-> nowhere"}
	tests := []struct {
		name, source, destination string
		overwrite                 bool
		adds                      map[string]string
		err                       string
	}{
		{"file", "a", "c", true, map[string]string{"c": "A"}, ""},
		{"existing file", "a", "b", true, map[string]string{"b": "A"}, ""},
		{"folder with separator", "a", "new/deep/", true, map[string]string{"new/deep/a": "A"}, ""},
		{"missing parents", "a", "new/deep/c", true, map[string]string{"new/deep/c": "A"}, ""},
		{"existing folder", "a", "busy/", true, nil, `writing "DIR/busy/a": is a folder`},
		{"existing folder without separator", "b", "busy", true, map[string]string{"busy/b": "B"}, ""},
		{"the same without overwrite", "b", "busy", false, nil, `writing "DIR/busy": is a folder`},
		{"content of a link", "link", "c", true, map[string]string{"c": "A"}, ""},
		{"missing source", "none", "c", true, nil, `reading "DIR/none": no such file or directory`},
		{"link that points nowhere", "lost", "c", true, nil, `reading "DIR/lost": no such file or directory`},
		{"folder as source", "folder", "c", true, nil, `reading "DIR/folder": is a folder`},
		{"same file", "a", "a", true, nil, `writing "DIR/a": source and destination are the same file`},
		{"same file by another name", "link", "./folder/../a", true, nil, `writing "DIR/./folder/../a": source and destination are the same file`},
		{"below a file", "a", "b/c", true, nil, `writing "DIR/b/c": not a directory`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSandbox(t, start)
			_, err := s.run(file.Copy{}, action.Entry{"source": tt.source, "destination": tt.destination, "overwrite": tt.overwrite})
			if err != prefixed("CopyFile", tt.err) {
				t.Errorf("error = %s, want %s", err, tt.err)
			}
			want := maps.Clone(start)
			maps.Copy(want, tt.adds)
			s.want(want)
		})
	}
}

func prefixed(name, err string) string {
	if err == "" {
		return ""
	}
	return name + ": " + err
}

func testCopyWildcard(t *testing.T) {
	start := map[string]string{"in/a.log": "A", "in/b.log": "B", "in/.log": "H", "in/d.log/": "", "in/one.txt": "1", "in/g.dir/": ""}
	s := newSandbox(t, start)
	s.fails(`CopyFile: "in/*.log" to "DIR/out": several matches need a destination that ends with a separator`,
		file.Copy{}, action.Entry{"source": "in/*.log", "destination": "out"})
	s.fails(`CopyFile: reading "DIR/in/*.dir": nothing matches`, file.Copy{}, action.Entry{"source": "in/*.dir", "destination": "out/"})
	s.fails(`CopyFile: reading "DIR/in/x*": nothing matches`, file.Copy{}, action.Entry{"source": "in/x*", "destination": "out/"})
	s.fails(`CopyFile: reading folder "DIR/none/": no such file or directory`, file.Copy{}, action.Entry{"source": "none/*", "destination": "out/"})
	s.want(start)
	s.must(file.Copy{}, action.Entry{"source": "in/*.log", "destination": "out/"}, action.Entry{"source": "in/one*", "destination": "single"})
	maps.Copy(start, map[string]string{"out/a.log": "A", "out/b.log": "B", "out/.log": "H", "single": "1"})
	s.want(start)
}

func TestCopyModes(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	s := newSandbox(t, map[string]string{"tool": "new", "old": "old"})
	if err := errors.Join(os.Chmod(s.path("tool"), 0o755|os.ModeSetuid), os.Chmod(s.path("old"), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.must(file.Copy{}, action.Entry{"source": "tool", "destination": "copy"}, action.Entry{"source": "tool", "destination": "old"})
	s.wantMode("copy", 0o750)
	s.wantMode("old", 0o600)
	s.want(map[string]string{"tool": "new", "old": "new", "copy": "new"})
}

func TestCopyStopsWithItsContext(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{"source": "/dev/zero", "destination": "endless"})
	ctx, cancel := context.WithCancelCause(t.Context())
	req.Log = nil
	go func() {
		for {
			if info, err := os.Stat(filepath.Join(req.Dir, "endless")); err == nil && info.Size() > 0 {
				cancel(action.ErrInterrupted)
				return
			}
		}
	}()
	_, err := (file.Copy{}).Run(ctx, req)
	if !errors.Is(err, action.ErrInterrupted) {
		t.Errorf("error = %v", err)
	}
	if _, err := os.Stat(filepath.Join(req.Dir, "endless")); err == nil {
		t.Error("half a copy was left behind")
	}
}

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
