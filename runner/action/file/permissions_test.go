//go:build linux

package file_test

import (
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/file"
)

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
