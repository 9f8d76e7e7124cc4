package system

import (
	"reflect"
	"testing"

	"github.com/slipway-oci/slipway/runner/action"
)

func TestRegistryKeys(t *testing.T) {
	for path, want := range map[string][2]string{
		`HKLM:\SOFTWARE\App`: {"HKLM", `SOFTWARE\App`}, `hkey_local_machine\software\`: {"HKLM", "software"}, `HKCU:x`: {"HKCU", "x"},
		`HKEY_USERS\S-1-5`: {"HKU", "S-1-5"}, `HKEY_CLASSES_ROOT\.txt`: {"HKCR", ".txt"}, `hkcc:\a\b`: {"HKCC", `a\b`},
	} {
		root, key, err := splitKey(path)
		if err != nil || root != want[0] || key != want[1] {
			t.Errorf("%s: %q, %q, %v", path, root, key, err)
		}
	}
	if _, _, err := splitKey(`SOFTWARE\App`); err == nil {
		t.Error("a key without a root is accepted")
	}
}

func TestRegistryValues(t *testing.T) {
	for _, c := range []struct {
		kind  string
		value any
		want  any // nil for an error
	}{
		{"SZ", "a b", "a b"},
		{"EXPAND_SZ", "%PATH%", expandable("%PATH%")},
		{"MULTI_SZ", []string{"a", ""}, []string{"a", ""}},
		{"BINARY", "\x00A", []byte{0, 'A'}},
		{"DWORD", "30", uint32(30)},
		{"DWORD", "+4294967295", uint32(1<<32 - 1)},
		{"DWORD", "-1", uint32(1<<32 - 1)},
		{"DWORD", "1.9", uint32(1)},
		{"DWORD", "4294967296", nil},
		{"QWORD", "18446744073709551615", uint64(1<<64 - 1)},
		{"QWORD", "-2", uint64(1<<64 - 2)},
		{"QWORD", "18446744073709551616", nil},
		{"OTHER", "x", nil},
	} {
		got, err := registryValue(action.Entry{"type": c.kind, "value": c.value})
		if (err == nil) != (c.want != nil) || err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v: %#v, %v, want %#v", c.kind, c.value, got, err, c.want)
		}
	}
}
