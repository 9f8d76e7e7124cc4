package home_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/home"
)

func TestResolve(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		env  map[string]string
		want home.Folders
	}{
		{"home", map[string]string{"HOME": "/home/ann"}, home.Folders{Data: "/home/ann/.local/share/slipway", Cache: "/home/ann/.cache/slipway", Config: "/home/ann/.config/slipway"}},
		{"xdg", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c", "XDG_CONFIG_HOME": "/e"}, home.Folders{Data: "/d/slipway", Cache: "/c/slipway", Config: "/e/slipway"}},
		{"no place for settings", map[string]string{"XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c"}, home.Folders{Data: "/d/slipway", Cache: "/c/slipway"}},
		{"relative xdg is ignored", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "d"}, home.Folders{Data: "/h/.local/share/slipway", Cache: "/h/.cache/slipway", Config: "/h/.config/slipway"}},
		{"SLIPWAY_HOME moves all", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/d", "SLIPWAY_HOME": "/s"}, home.Folders{Data: "/s", Cache: "/s", Config: "/s"}},
		{"relative SLIPWAY_HOME", map[string]string{"SLIPWAY_HOME": "s"}, home.Folders{Data: filepath.Join(wd, "s"), Cache: filepath.Join(wd, "s"), Config: filepath.Join(wd, "s")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := home.Resolve(func(k string) string { return tt.env[k] })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Resolve (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveWithoutHome(t *testing.T) {
	_, err := home.Resolve(func(string) string { return "" })
	if err == nil {
		t.Fatal("no error without HOME")
	}
	if h, ok := err.(interface{ Hint() string }); !ok || h.Hint() == "" {
		t.Errorf("%v has no hint", err)
	}
}

func TestPaths(t *testing.T) {
	f := home.Folders{Data: "/d", Cache: "/c", Config: "/e"}
	got := []string{f.Images(), f.Runs(), f.Store(), f.BuildKit(), f.Settings(), home.Folders{}.Settings()}
	want := []string{"/d/images", "/d/runs", "/d/store.db", "/c/buildkit", "/e/settings.yaml", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}
