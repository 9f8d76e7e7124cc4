//go:build linux

package file_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-oci/slipway/runner/action/file"
)

func TestLookupUser(t *testing.T) {
	passwd := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(passwd, []byte("12:x:500:500::/named:\nother:x:12:12::/numbered:\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	known := file.Accounts{Passwd: passwd}
	for key, home := range map[string]string{"12": "/named", "other": "/numbered", "500": "/named", "013": "", "x": ""} {
		u, ok, err := known.LookupUser(key)
		if err != nil || u.Home != home || ok != (home != "") {
			t.Errorf("LookupUser(%q) = %+v, %v, %v", key, u, ok, err)
		}
	}
}
