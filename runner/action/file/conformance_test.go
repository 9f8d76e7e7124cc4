//go:build linux

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
	t.Run("FILE-01", testAppend)
	t.Run("FILE-02", testCopyTargets)
	t.Run("FILE-03", testCopyWildcard)
	t.Run("FILE-04", testNoOverwrite)
	t.Run("FILE-05", testWildcardPlace)
	t.Run("FILE-06", testCopyFolder)
	t.Run("FILE-07", testCreate)
	t.Run("FILE-08", testCreateOwner)
	t.Run("FILE-09", testEncodings)
	t.Run("FILE-10", testCreateFolder)
	t.Run("FILE-11", testSymlink)
	t.Run("FILE-12", testDelete)
	t.Run("FILE-13", testDeleteFolder)
	t.Run("FILE-14", testList)
	t.Run("FILE-15", testMoveAcross)
	t.Run("FILE-16", testRead)
	t.Run("FILE-17", testRecode)
	t.Run("FILE-18", testOwner)
	t.Run("FILE-19", testFolderAttributes)
	t.Run("FILE-20", testPermissionsText)
	t.Run("FILE-22", testSecondEntryFails)
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
