package file_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

// TestConformance runs the cases of the component-document reference, chapter 10, that concern files.
func TestConformance(t *testing.T) {
	for _, c := range []struct {
		id   string
		test func(*testing.T)
	}{
		{"FILE-01", testAppend},
		{"FILE-02", testCopyTargets},
		{"FILE-03", testCopyWildcard},
		{"FILE-04", testNoOverwrite},
		{"FILE-05", testWildcardPlace},
		{"FILE-06", testCopyFolder},
		{"FILE-07", testCreate},
		{"FILE-08", testCreateOwner},
		{"FILE-09", testEncodings},
		{"FILE-10", testCreateFolder},
		{"FILE-11", testSymlink},
		{"FILE-12", testDelete},
		{"FILE-13", testDeleteFolder},
		{"FILE-14", testList},
		{"FILE-15", testMoveAcross},
		{"FILE-16", testRead},
		{"FILE-17", testRecode},
		{"FILE-18", testOwner},
		{"FILE-19", testFolderAttributes},
		{"FILE-20", testPermissionsText},
		{"FILE-22", testSecondEntryFails},
	} {
		t.Run(c.id, c.test)
	}
}

// The spellings of every encoding, with the bytes of "a€𝄞".
var encodings = map[string][]string{
	"a\xe2\x82\xac\xf0\x9d\x84\x9e":                 {"utf8", "utf-8", "UTF8", "Utf-8"},
	"a\x00\xac\x20\x34\xd8\x1e\xdd":                 {"utf16", "utf-16", "utf16-LE", "utf-16-LE", "UTF-16-le"},
	"\x00a\x20\xac\xd8\x34\xdd\x1e":                 {"utf16-BE", "utf-16-BE", "utf16-be"},
	"a\x00\x00\x00\xac\x20\x00\x00\x1e\xd1\x01\x00": {"utf32", "utf-32", "utf32-LE", "utf-32-LE"},
	"\x00\x00\x00a\x00\x00\x20\xac\x00\x01\xd1\x1e": {"utf32-BE", "utf-32-BE"},
}

func testEncodings(t *testing.T) {
	for data, names := range encodings {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				s := newSandbox(t, nil)
				s.must(file.Create{}, action.Entry{"path": "f", "content": "a€𝄞", "encoding": name})
				s.want(map[string]string{"f": data})
				result := s.must(file.Read{}, action.Entry{"path": "f", "encoding": name})
				if got := result.Outputs[0]["content"]; got != "a€𝄞" {
					t.Errorf("read %q", got)
				}
			})
		}
	}
	s := newSandbox(t, nil)
	s.fails(`CreateFile: unknown encoding "latin1"`, file.Create{}, action.Entry{"path": "f", "encoding": "latin1"})
	s.want(map[string]string{})
}

func testPermissionsText(t *testing.T) {
	for text, want := range map[string]uint32{
		"755": 0o755, "0755": 0o755, "04755": 0o4755, "4755": 0o4755, "0o755": 0o755, "2770": 0o2770, "1777": 0o1777, "0000": 0,
	} {
		t.Run(text, func(t *testing.T) {
			s := newSandbox(t, map[string]string{"f": ""})
			s.must(file.SetPermissions{}, action.Entry{"path": "f", "permissions": text})
			s.wantMode("f", want)
		})
	}
	input, _ := file.SetPermissions{}.Spec().Input("permissions")
	for _, text := range []string{"u+x", "448", "75", "075555", "0x1ff", "-755", "0b111", ""} {
		t.Run(text, func(t *testing.T) {
			if input.Check(text) == nil {
				t.Error("the static check accepts it")
			}
			s := newSandbox(t, map[string]string{"f": ""})
			if _, err := s.run(file.SetPermissions{}, action.Entry{"path": "f", "permissions": text}); err == "" {
				t.Error("the module accepts it")
			}
			s.wantMode("f", 0o644)
		})
	}
}

func testSecondEntryFails(t *testing.T) {
	s := newSandbox(t, map[string]string{"folder/": ""})
	s.fails(`CreateFile: creating "DIR/folder": is a folder`, file.Create{},
		action.Entry{"path": "1"}, action.Entry{"path": "folder"}, action.Entry{"path": "3"})
	s.want(map[string]string{"1": "", "folder/": ""})
}

func testNoOverwrite(t *testing.T) {
	for _, m := range []action.Module{file.Copy{}, file.Move{}} {
		t.Run(m.Spec().Name, func(t *testing.T) {
			files := map[string]string{"a": "new", "b": "old", "folder/a": "older"}
			s := newSandbox(t, files)
			for destination, final := range map[string]string{"b": "b", "folder/": "folder/a"} {
				s.fails(m.Spec().Name+`: writing "DIR/`+final+`": already exists and overwrite is false`,
					m, action.Entry{"source": "a", "destination": destination, "overwrite": false})
			}
			s.want(files)
		})
	}
}

func testWildcardPlace(t *testing.T) {
	const where = "a wildcard is allowed in the last segment of a path only"
	files := map[string]string{"[a]": "brackets", "a": "plain", "x/f": "", "?": "mark"}
	for _, m := range []action.Module{file.Copy{}, file.CopyFolder{}, file.Move{}, file.MoveFolder{}} {
		s := newSandbox(t, files)
		s.fails(m.Spec().Name+`: "*/f": `+where, m, action.Entry{"source": "*/f", "destination": "to/"})
		input, _ := m.Spec().Input("source")
		if input.Check("*/f") == nil || input.Check("x/*") != nil {
			t.Errorf("%s: the static check of source is wrong", m.Spec().Name)
		}
		s.want(files)
	}
	s := newSandbox(t, files)
	s.fails(`DeleteFile: "*/f": `+where, file.Delete{}, action.Entry{"path": "*/f"})
	s.must(file.Copy{}, action.Entry{"source": "[a]*", "destination": "to/"}, action.Entry{"source": "?", "destination": "to/"})
	if diff := cmp.Diff(map[string]string{"[a]": "brackets", "?": "mark"}, tree(t, s.path("to"))); diff != "" {
		t.Errorf("copied (-want +got):\n%s", diff)
	}
}

func TestMessagesNameTheActionAndThePath(t *testing.T) {
	for _, m := range []action.Module{
		file.Append{}, file.Read{}, file.SetEncoding{}, file.SetPermissions{}, file.SetFolderPermissions{}, file.List{},
	} {
		s := newSandbox(t, nil)
		_, err := s.run(m, action.Entry{"path": "gone/x", "permissions": "755"})
		if !strings.HasPrefix(err, m.Spec().Name+": ") || !strings.HasSuffix(err, `"DIR/gone/x": no such file or directory`) {
			t.Errorf("error = %s", err)
		}
	}
}
