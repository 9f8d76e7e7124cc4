package inspect

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway-oci/slipway/oci/store"
)

func layer(t *testing.T, headers ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, h.Size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatALayerAddsAndLeaves(t *testing.T) {
	for _, test := range []struct {
		name   string
		header tar.Header
		want   Kind // "" for nothing
	}{
		{"apt lists", tar.Header{Name: "var/lib/apt/lists/deb_Packages.lz4", Mode: 0o644, Size: 5}, PackageCache},
		{"apt lock", tar.Header{Name: "var/lib/apt/lists/lock", Mode: 0o640}, ""},
		{"host key", tar.Header{Name: "etc/ssh/ssh_host_rsa_key", Mode: 0o600, Size: 5}, HostKey},
		{"public host key", tar.Header{Name: "etc/ssh/ssh_host_rsa_key.pub", Mode: 0o644, Size: 5}, ""},
		{"machine id", tar.Header{Name: "etc/machine-id", Mode: 0o444, Size: 33}, MachineID},
		{"no machine id yet", tar.Header{Name: "etc/machine-id", Mode: 0o444, Size: 14}, ""},
		{"link to a machine id", tar.Header{Name: "var/lib/dbus/machine-id", Typeflag: tar.TypeSymlink, Linkname: "/etc/machine-id", Mode: 0o777}, ""},
		{"history", tar.Header{Name: "home/app/.bash_history", Mode: 0o600, Uid: 1, Size: 5}, History},
		{"world-writable", tar.Header{Name: "etc/x", Mode: 0o666, Size: 5}, WorldWritable},
		{"of another user", tar.Header{Name: "srv/x", Mode: 0o666, Uid: 33, Size: 5}, ""},
		{"link", tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "x", Mode: 0o777}, ""},
		{"like /tmp", tar.Header{Name: "scratch/", Typeflag: tar.TypeDir, Mode: 0o1777}, ""},
		{"setuid", tar.Header{Name: "usr/bin/su", Mode: 0o4755, Size: 5}, Setuid},
	} {
		t.Run(test.name, func(t *testing.T) {
			report, err := Layer(bytes.NewReader(layer(t, &test.header)))
			if err != nil {
				t.Fatal(err)
			}
			var want []Leftover
			if test.want != "" {
				want = []Leftover{{Kind: test.want, Files: 1, Bytes: test.header.Size, Paths: []string{"/" + test.header.Name}}}
			}
			if diff := cmp.Diff(want, report.Leftovers); diff != "" {
				t.Errorf("leftovers (-want +got):\n%s", diff)
			}
			if test.want != "" && test.want.Advice() == "" {
				t.Errorf("no advice for %q", test.want)
			}
		})
	}
}

func TestSetuidFilesOfAParentAreNothingNew(t *testing.T) {
	report, err := Layer(bytes.NewReader(layer(t,
		&tar.Header{Name: "usr/bin/su", Mode: 0o4755, Size: 5}, &tar.Header{Name: "usr/bin/new", Mode: 0o2755, Size: 7},
		&tar.Header{Name: "etc/machine-id", Mode: 0o444, Size: 33},
	)))
	if err != nil {
		t.Fatal(err)
	}
	want := []Leftover{
		{Kind: MachineID, Files: 1, Bytes: 33, Paths: []string{"/etc/machine-id"}},
		{Kind: Setuid, Files: 1, Bytes: 7, Paths: []string{"/usr/bin/new"}},
	}
	if diff := cmp.Diff(want, report.Without(map[string]bool{"/usr/bin/su": true}).Leftovers); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:1], report.Without(map[string]bool{"/usr/bin/su": true, "/usr/bin/new": true}).Leftovers); diff != "" {
		t.Errorf("leftovers when the parent has all of them (-want +got):\n%s", diff)
	}
}

func TestREC12OSReleaseIsThatOfTheTopmostLayer(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	release := func(name, text string) v1.Descriptor {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return put(t, s, b.Bytes())
	}
	old, updated, other := release("usr/lib/os-release", "ID=old"), release("./etc/os-release", "ID=new"), put(t, s, layer(t, &tar.Header{Name: "x", Mode: 0o644}))
	for _, test := range []struct {
		layers []v1.Descriptor
		want   string
	}{
		{[]v1.Descriptor{old, other}, "ID=old"},
		{[]v1.Descriptor{old, updated, other}, "ID=new"},
		{[]v1.Descriptor{other}, ""},
	} {
		memory := Memory{Dir: t.TempDir()}
		for range 2 { // read, then remembered
			got, err := memory.OSRelease(t.Context(), s, test.layers)
			if err != nil || got != test.want {
				t.Errorf("%d layers: %q, %v; want %q", len(test.layers), got, err, test.want)
			}
		}
	}
}

func TestLayerCounts(t *testing.T) {
	report, err := Layer(bytes.NewReader(layer(t,
		&tar.Header{Name: "a/", Typeflag: tar.TypeDir, Mode: 0o755}, &tar.Header{Name: "a/b", Mode: 0o644, Size: 1000},
		&tar.Header{Name: "a/l", Typeflag: tar.TypeSymlink, Linkname: "b", Mode: 0o777}, &tar.Header{Name: "a/.wh.gone", Mode: 0o644},
	)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Report{Files: 2, Bytes: 1000, Deleted: 1}, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestWF06WhatMustNotBeInALayer(t *testing.T) {
	for _, test := range []struct {
		name            string
		any, components bool
	}{
		{"run/slipway/slipway-runner", true, false},
		{"run/slipway-other", false, false},
		{"run/secrets/key", true, false},
		{"var/lib/amazon/toe/x", false, true},
		{"tmp/TOE_2026-01-02_03-04-05_UTC-0_ab/console.log", true, false},
		{"srv/console.log", false, false},
		{"etc/resolv.conf", false, true},
		{"proc/swaps", false, true},
		{"srv/data", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			report, err := Layer(bytes.NewReader(layer(t, &tar.Header{Name: test.name, Mode: 0o644})))
			if err != nil {
				t.Fatal(err)
			}
			if got := len(report.Violations) > 0; got != test.any {
				t.Errorf("violation of any layer: %v, want %v", got, test.any)
			}
			if got := len(report.ComponentViolations) > 0; got != test.components {
				t.Errorf("violation of a component's layer: %v, want %v", got, test.components)
			}
		})
	}
}

// put stores a blob and describes it.
func put(t *testing.T, s *store.Store, data []byte) v1.Descriptor {
	t.Helper()
	desc := v1.Descriptor{Size: int64(len(data)), Digest: v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", sha256.Sum256(data))}}
	err := s.Ingest(t.Context(), desc, func(context.Context, int64) (io.ReadCloser, bool, error) {
		return io.NopCloser(bytes.NewReader(data)), false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return desc
}

func TestMemoryReadsALayerOnceWhateverItsCompression(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	plain := layer(t, &tar.Header{Name: "a", Mode: 0o644, Size: 10})
	var zipped, zstandard bytes.Buffer
	g := gzip.NewWriter(&zipped)
	z, err := zstd.NewWriter(&zstandard)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{g, z} {
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string][]byte{"plain": plain, "gzip": zipped.Bytes(), "zstd": zstandard.Bytes()} {
		t.Run(name, func(t *testing.T) {
			m := Memory{Dir: filepath.Join(t.TempDir(), "layers")}
			desc := put(t, s, data)
			want := Report{Files: 1, Bytes: 10}
			for range 2 {
				got, err := m.Layer(t.Context(), s, desc)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("report (-want +got):\n%s", diff)
				}
				if err := os.RemoveAll(filepath.Join(s.Dir(), "blobs", "sha256", desc.Digest.Hex)); err != nil { // the second time is from memory
					t.Fatal(err)
				}
			}
		})
	}
}

func TestFreshReportsAreTakenIfTheRulesAreTheSame(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	desc := put(t, s, layer(t, &tar.Header{Name: "a", Mode: 0o644, Size: 10}))
	o := NewObserver()
	o.Header(&tar.Header{Typeflag: tar.TypeReg, Name: "seen/by/the/builder", Mode: 0o644, Size: 30})
	fresh, err := o.Report()
	if err != nil {
		t.Fatal(err)
	}
	o.Header(&tar.Header{Typeflag: tar.TypeReg, Name: "etc/os-release", Mode: 0o644, Size: 30})
	if _, err := o.Report(); err == nil {
		t.Error("a report without the content of os-release")
	}
	older := bytes.Replace(fresh, fmt.Appendf(nil, `"version":%d`, rulesVersion), []byte(`"version":0`), 1)
	if bytes.Equal(older, fresh) {
		t.Fatalf("no version in %s", fresh)
	}
	for name, test := range map[string]struct {
		fresh json.RawMessage
		want  Report
	}{
		"same rules":  {fresh, Report{Files: 1, Bytes: 30}},
		"other rules": {older, Report{Files: 1, Bytes: 10}},
	} {
		t.Run(name, func(t *testing.T) {
			m := Memory{Dir: t.TempDir(), Fresh: map[string]json.RawMessage{desc.Digest.String(): test.fresh}}
			for range 2 {
				got, err := m.Layer(t.Context(), s, desc)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("report (-want +got):\n%s", diff)
				}
				m.Fresh = nil // the second time is from memory
			}
		})
	}
}

func TestCutLayersAndCancelledReadsAreErrors(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	desc := put(t, s, layer(t, &tar.Header{Name: "a", Mode: 0o644, Size: 2000})[:1000])
	if _, err := (Memory{}).Layer(t.Context(), s, desc); err == nil || !strings.Contains(err.Error(), desc.Digest.String()) {
		t.Errorf("a cut layer: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Memory{}).Layer(ctx, s, desc); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
}

func FuzzLayer(f *testing.F) {
	f.Add([]byte("not a tar"))
	f.Add(make([]byte, 1024))
	f.Fuzz(func(t *testing.T, data []byte) {
		plain, err := decompress(bytes.NewReader(data))
		if err != nil {
			return
		}
		defer func() { _ = plain.Close() }()
		report, err := Layer(io.LimitReader(plain, 1<<20))
		if err == nil && (report.Bytes < 0 || report.Files < 0) {
			t.Errorf("negative counts: %+v", report)
		}
	})
}
