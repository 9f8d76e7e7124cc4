package transfer

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// FuzzObjectKey lets a store choose the key of an object: its path is the folder or below it, and differs from the key
// in nothing but what the prefix and slashes at the ends are.
func FuzzObjectKey(f *testing.F) {
	for _, prefix := range []string{"", "p", "p/", "a/b", "/", "..", "../"} {
		for _, key := range []string{"", "p/x", "p/../x", "a/b/c", "p//x", "/x", "..", "../x", "p/.", "p/x/", "p/\x00", `p/..\x`, "//", "p/x/.."} {
			f.Add(prefix, key)
		}
	}
	f.Fuzz(func(t *testing.T, prefix, key string) {
		const folder = "/some/folder"
		path, err := localName(location{"bucket", prefix}, key, folder)
		if err != nil {
			return
		}
		if path != folder && !strings.HasPrefix(path, folder+"/") || filepath.Clean(path) != path {
			t.Errorf("prefix %q, key %q: %q", prefix, key, path)
		}
		if !strings.HasPrefix(key, prefix) {
			t.Errorf("key %q has not the prefix %q", key, prefix)
		}
		for s := range strings.SplitSeq(path, "/") {
			if s == ".." || s == "." || strings.Contains(s, "\x00") {
				t.Errorf("prefix %q, key %q: %q", prefix, key, path)
			}
		}
		if path == folder {
			return
		}
		// Two keys of one store never meet in one file, but for slashes that a file system cannot tell apart.
		kept := slices.DeleteFunc(strings.Split(key[strings.LastIndexByte(prefix, '/')+1:], "/"), func(s string) bool { return s == "" })
		if got := strings.TrimPrefix(path, folder+"/"); got != strings.Join(kept, "/") {
			t.Errorf("prefix %q, key %q: %q", prefix, key, path)
		}
	})
}
