package rebase

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	valid "github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

// bench is a store with an image on an old parent, and a new one.
type bench struct {
	t              *testing.T
	store          *store.Store
	img, old, next store.Image
}

// newBench makes the parents of one layer each and puts the image's own files above the old one.
func newBench(t *testing.T, old, next, own ocitest.Files) *bench {
	t.Helper()
	return newBenchOf(t, ocitest.Image(t, old), ocitest.Image(t, next), ocitest.Image(t, old, own))
}

func newBenchOf(t *testing.T, old, next, img v1.Image) *bench {
	t.Helper()
	b := &bench{t: t, store: ocitest.Store(t)}
	b.old, b.next = ocitest.Put(t, b.store, old, "base:1"), ocitest.Put(t, b.store, next, "base:2")
	b.img = ocitest.Put(t, b.store, img, "web:1")
	return b
}

func (b *bench) rebase(force bool) (v1.Image, error) {
	return Image(b.t.Context(), b.img, Options{
		From: b.old, Onto: b.next, Name: "store:base:2", Digest: b.next.Digest().String(), Force: force,
	})
}

// withConfig changes the config of an image.
func withConfig(t *testing.T, img v1.Image, change func(*v1.Config)) v1.Image {
	t.Helper()
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config := *file.Config.DeepCopy()
	change(&config)
	if img, err = mutate.Config(img, config); err != nil {
		t.Fatal(err)
	}
	return img
}

func digests(t *testing.T, img v1.Image) []string {
	t.Helper()
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range m.Layers {
		list = append(list, l.Digest.String())
	}
	return list
}

func TestOwnLayersStandOnTheNewParent(t *testing.T) {
	b := newBench(t, ocitest.Files{"etc/os": "1", "etc/same": "s"}, ocitest.Files{"etc/os": "2", "etc/same": "s"}, ocitest.Files{"srv/app": "app"})
	made, err := b.rebase(false)
	if err != nil {
		t.Fatal(err)
	}
	if err := valid.Image(made); err != nil {
		t.Error(err)
	}
	next, err := b.next.V1()
	if err != nil {
		t.Fatal(err)
	}
	img, err := b.img.V1()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(digests(t, next), digests(t, img)[1]), digests(t, made)); diff != "" {
		t.Errorf("layers (-want +got):\n%s", diff)
	}
	config, err := made.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{BaseName: "store:base:2", BaseDigest: b.next.Digest().String()}
	if diff := cmp.Diff(want, config.Config.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if len(config.History) != 2 || config.OS != "linux" || config.Architecture != "amd64" {
		t.Errorf("config %+v", config)
	}
	again, err := b.rebase(false)
	if err != nil || ocitest.Digest(t, again) != ocitest.Digest(t, made) {
		t.Errorf("the same parents give another digest the second time (%v)", err)
	}
}

func TestConfigTakesFromTheNewParentWhatTheImageLeft(t *testing.T) {
	files, own := ocitest.Files{"a": "a"}, ocitest.Files{"srv/app": "app"}
	old := withConfig(t, ocitest.Image(t, files), func(c *v1.Config) {
		c.Env, c.User, c.Cmd, c.Labels = []string{"PATH=/bin", "LANG=C", "GONE=1"}, "root", []string{"sh"}, map[string]string{"vendor": "v", "version": "1"}
	})
	next := withConfig(t, ocitest.Image(t, files, ocitest.Files{"b": "b"}), func(c *v1.Config) {
		c.Env, c.User, c.Cmd = []string{"PATH=/bin:/new", "NEW=1", "LANG=C.UTF-8", "GONE=1"}, "nobody", []string{"bash"}
		c.Labels, c.StopSignal = map[string]string{"vendor": "v", "version": "2"}, "SIGINT"
	})
	img := withConfig(t, ocitest.Image(t, files, own), func(c *v1.Config) {
		c.Env, c.User, c.Cmd, c.Labels = []string{"PATH=/bin", "LANG=de", "APP=1"}, "root", []string{"serve"}, map[string]string{"vendor": "mine", "version": "1"}
	})
	made, err := newBenchOf(t, old, next, img).rebase(false)
	if err != nil {
		t.Fatal(err)
	}
	config, err := made.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	got := config.Config
	delete(got.Labels, BaseName)
	delete(got.Labels, BaseDigest)
	want := v1.Config{
		Env: []string{"PATH=/bin:/new", "NEW=1", "LANG=de", "APP=1"}, User: "nobody", Cmd: []string{"serve"}, StopSignal: "SIGINT",
		Labels: map[string]string{"vendor": "mine", "version": "2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestImageThatDoesNotStandOnItsParentIsRefused(t *testing.T) {
	other := ocitest.Image(t, ocitest.Files{"other": "x"}, ocitest.Files{"srv/app": "app"})
	for name, old := range map[string]v1.Image{
		"another parent": ocitest.Image(t, ocitest.Files{"etc/os": "1"}),
		"more layers":    ocitest.Image(t, ocitest.Files{"other": "x"}, ocitest.Files{"srv/app": "app"}, ocitest.Files{"more": "x"}),
	} {
		b := newBenchOf(t, old, ocitest.Image(t, ocitest.Files{"etc/os": "2"}), other)
		var unrelated *UnrelatedError
		if _, err := b.rebase(true); !errors.As(err, &unrelated) || unrelated.Image != b.img.String() {
			t.Errorf("%s: %v, want an *UnrelatedError", name, err)
		}
	}
}

func TestFilesThatHideANewerOneAreAConflict(t *testing.T) {
	old := ocitest.Files{"lib/status": "1", "lib/kept": "k", "etc/gone": "1", "etc/later": "l"}
	for _, tt := range []struct {
		name string
		next []ocitest.Files // the layers of the new parent
		own  ocitest.Files
		want []string
	}{
		{"changed by both", []ocitest.Files{{"lib/status": "2"}}, ocitest.Files{"lib/status": "mine"}, []string{"/lib/status"}},
		{"the same in both parents", []ocitest.Files{{"lib/kept": "k", "lib/status": "2"}}, ocitest.Files{"lib/kept": "mine"}, nil},
		{"only in the new one", []ocitest.Files{{"srv/app": "theirs"}}, ocitest.Files{"srv/app": "mine"}, []string{"/srv/app"}},
		{"only in the old one", []ocitest.Files{{"x": "x"}}, ocitest.Files{"etc/gone": "mine"}, []string{"/etc/gone"}},
		{"deleted by a later layer", []ocitest.Files{old, {"etc/.wh.gone": ""}}, ocitest.Files{"etc/gone": "mine"}, []string{"/etc/gone"}},
		{"its folder deleted", []ocitest.Files{old, {".wh.etc": ""}}, ocitest.Files{"etc/gone": "mine"}, []string{"/etc/gone"}},
		{"its folder emptied", []ocitest.Files{old, {"etc/.wh..wh..opq": ""}}, ocitest.Files{"etc/later": "mine"}, []string{"/etc/later"}},
		{"changed by a later layer", []ocitest.Files{old, {"etc/later": "2"}}, ocitest.Files{"etc/later": "mine", "lib/kept": "mine"}, []string{"/etc/later"}},
		{"deleted by the image", []ocitest.Files{{"lib/status": "2"}}, ocitest.Files{"lib/.wh.status": ""}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBenchOf(t, ocitest.Image(t, old), ocitest.Image(t, tt.next...), ocitest.Image(t, old, tt.own))
			_, err := b.rebase(false)
			var conflict *ConflictError
			if errors.As(err, &conflict) != (tt.want != nil) || err != nil && conflict == nil {
				t.Fatalf("error %v, want a conflict about %v", err, tt.want)
			}
			if conflict != nil {
				if diff := cmp.Diff(tt.want, conflict.Paths); diff != "" {
					t.Errorf("paths (-want +got):\n%s", diff)
				}
			}
			if _, err := b.rebase(true); err != nil {
				t.Errorf("by force: %v", err)
			}
		})
	}
}

func TestOtherPlatformIsRefused(t *testing.T) {
	files := ocitest.Files{"a": "a"}
	arm := v1.Platform{OS: "linux", Architecture: "arm64"}
	b := newBenchOf(t, ocitest.Image(t, files), ocitest.PlatformImage(t, arm, files, files), ocitest.Image(t, files, files))
	if _, err := b.rebase(true); err == nil {
		t.Error("an image for amd64 was put upon a parent for arm64")
	}
}
