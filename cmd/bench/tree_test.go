//go:build linux

package main

import (
	"archive/tar"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

var (
	before = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	began  = before.Add(time.Hour)
)

// testLayer is a layer of entries; those without a kind are files whose content is their name.
func testLayer(t *testing.T, headers ...tar.Header) v1.Layer {
	t.Helper()
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	for _, h := range headers {
		content := ""
		if strings.HasSuffix(h.Name, "/") {
			h.Typeflag = tar.TypeDir
		} else if h.Typeflag == 0 {
			h.Typeflag, content = tar.TypeReg, h.Name
		}
		h.Size, h.Format = int64(len(content)), tar.FormatPAX
		if h.ModTime.IsZero() {
			h.ModTime = before
		}
		if err := archive.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buffer.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

func treeOf(t *testing.T, list ...v1.Layer) tree {
	t.Helper()
	image, err := mutate.AppendLayers(empty.Image, list...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := layers{}.tree(image)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTreeTakesAwayWhatLayersTakeAway(t *testing.T) {
	got := treeOf(t,
		testLayer(t, tar.Header{Name: "a/"}, tar.Header{Name: "a/old"}, tar.Header{Name: "b/"}, tar.Header{Name: "b/x"},
			tar.Header{Name: "c/"}, tar.Header{Name: "c/x"}, tar.Header{Name: "kept"}),
		testLayer(t, tar.Header{Name: "a/new"}, tar.Header{Name: "a/.wh..wh..opq"}, tar.Header{Name: ".wh.b"}, tar.Header{Name: "c"}),
	)
	var names []string
	for name := range got {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"/a", "/a/new", "/c", "/kept"}, names); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func TestDifferencesAreTold(t *testing.T) {
	base := []tar.Header{{Name: "file", Mode: 0o644}, {Name: "other", Mode: 0o644}}
	linked := tar.Header{Name: "link", Typeflag: tar.TypeLink, Linkname: "file"}
	for _, test := range []struct {
		name string
		with func([]tar.Header) []tar.Header
		want string
	}{
		{"nothing", func(h []tar.Header) []tar.Header { return h }, ""},
		{"mode", func(h []tar.Header) []tar.Header { h[0].Mode = 0o4755; return h }, "/file: mode 4755, not 644"},
		{"owner", func(h []tar.Header) []tar.Header { h[0].Uid = 7; return h }, "/file: owner [7 0], not [0 0]"},
		{"old time", func(h []tar.Header) []tar.Header { h[0].ModTime = before.Add(-time.Hour); return h }, "/file: time 2025-12-31"},
		{"attribute", func(h []tar.Header) []tar.Header {
			h[0].PAXRecords = map[string]string{"SCHILY.xattr.user.a": "b"}
			return h
		}, "/file: attributes map[user.a:b], not map[]"},
		{"kind", func(h []tar.Header) []tar.Header { h[0].Typeflag = tar.TypeFifo; return h }, "/file: kind 6, not 0"},
		{"missing", func(h []tar.Header) []tar.Header { return h[1:] }, "/file: is missing"},
		{"more", func(h []tar.Header) []tar.Header { return append(h, tar.Header{Name: "more"}) }, "/more: should not be there"},
		{"hard link", func(h []tar.Header) []tar.Header { return append(h, linked) }, `/file: names ["/file" "/link"], not []`},
	} {
		changed := test.with(slices.Clone(base))
		got := comparison{Began: began}.differences(treeOf(t, testLayer(t, base...)), treeOf(t, testLayer(t, changed...)))
		if text := strings.Join(got, "\n"); !strings.HasPrefix(text, test.want) || (test.want == "") != (text == "") {
			t.Errorf("%s: %q, want %q", test.name, text, test.want)
		}
	}
}

func TestTimesOfTheRunMayDiffer(t *testing.T) {
	a := treeOf(t, testLayer(t, tar.Header{Name: "file", ModTime: began.Add(time.Minute)}))
	b := treeOf(t, testLayer(t, tar.Header{Name: "file", ModTime: began.Add(time.Hour)}))
	if got := (comparison{Began: began}).differences(a, b); len(got) > 0 {
		t.Errorf("differences %q, want none", got)
	}
}
