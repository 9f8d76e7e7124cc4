//go:build linux

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
