package layer

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/util/overlay"
	"golang.org/x/sys/unix"
)

// snapshots are a lower one of several folders and one upon it, as the overlay snapshotter has them.
type snapshots struct {
	t      *testing.T
	lowers []string // bottom first
	upper  string
	work   string
	root   string // where the whole is mounted while it is changed
}

// newSnapshots fills the folders of the lower snapshot, the first one directly and the others through overlays, and
// then the upper one.
func newSnapshots(t *testing.T, fill ...func(root string)) snapshots {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting overlays needs root")
	}
	s := snapshots{t: t, root: filepath.Join(t.TempDir(), "root")}
	mkdir(t, s.root)
	for i, f := range fill {
		dir := t.TempDir()
		s.upper, s.work = filepath.Join(dir, "fs"), filepath.Join(dir, "work")
		mkdir(t, s.upper)
		mkdir(t, s.work)
		if i == 0 {
			f(s.upper)
		} else {
			s.change(f)
		}
		if i < len(fill)-1 {
			s.lowers = append(s.lowers, s.upper)
		}
	}
	return s
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func (s snapshots) change(f func(root string)) {
	s.t.Helper()
	options := append(s.options(s.lowers), "upperdir="+s.upper, "workdir="+s.work)
	m := mount.Mount{Type: "overlay", Source: "overlay", Options: options}
	if err := m.Mount(s.root); err != nil {
		s.t.Fatal(err)
	}
	defer func() {
		if err := mount.UnmountAll(s.root, 0); err != nil {
			s.t.Error(err)
		}
	}()
	f(s.root)
}

func (s snapshots) options(bottomFirst []string) []string {
	var lower string
	for _, dir := range bottomFirst {
		lower = dir + ":" + lower
	}
	return []string{"index=off", "lowerdir=" + strings.TrimSuffix(lower, ":")}
}

// mounts are the read-only mounts of the two snapshots.
func (s snapshots) mounts() (lower, upper []mount.Mount) {
	one := func(dirs []string) []mount.Mount {
		switch len(dirs) {
		case 0:
			return nil
		case 1:
			return []mount.Mount{{Type: "bind", Source: dirs[0], Options: []string{"ro", "rbind"}}}
		default:
			return []mount.Mount{{Type: "overlay", Source: "overlay", Options: s.options(dirs)}}
		}
	}
	return one(s.lowers), one(append(slices.Clip(s.lowers), s.upper))
}

// ours is the layer as this package writes it.
func (s snapshots) ours() ([]byte, error) {
	var b bytes.Buffer
	lower, upper := s.mounts()
	err := writeChanges(s.t.Context(), lower, upper, func(u tree) *archive { return newArchive(s.t.Context(), &b, u, nil) })
	return b.Bytes(), err
}

// theirs is the layer as BuildKit writes it.
func (s snapshots) theirs() []byte {
	s.t.Helper()
	var b bytes.Buffer
	lower, _ := s.mounts()
	if err := overlay.WriteUpperdir(s.t.Context(), &b, s.upper, lower); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

// wantEqual fails unless both are the same, and says in which files they differ.
func (s snapshots) wantEqual() []string {
	s.t.Helper()
	ours, err := s.ours()
	if err != nil {
		s.t.Fatal(err)
	}
	theirs := s.theirs()
	names, texts := files(s.t, ours)
	_, want := files(s.t, theirs)
	if diff := cmp.Diff(want, texts); diff != "" {
		s.t.Errorf("headers (-BuildKit's +ours):\n%s", diff)
	}
	if !bytes.Equal(ours, theirs) {
		s.t.Error("the streams differ")
	}
	return names
}

// files are the names in an archive, and everything that is known of each.
func files(t *testing.T, data []byte) (names, texts []string) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(content) > 64 {
			content = fmt.Appendf(nil, "%d bytes", len(content))
		}
		names = append(names, h.Name)
		texts = append(texts, fmt.Sprintf("%q %c -> %q mode %o owner %d:%d time %v device %d:%d records %q content %q",
			h.Name, h.Typeflag, h.Linkname, h.Mode, h.Uid, h.Gid, h.ModTime.UTC(), h.Devmajor, h.Devminor, h.PAXRecords, content))
	}
}

// must fails the test for an error of a preparation.
func must(t *testing.T) func(error) {
	t.Helper()
	return func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// cut is a time as an archive leaves it.
var cut = time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)

func lowerTree(t *testing.T) func(string) {
	t.Helper()
	ok := must(t)
	return func(root string) {
		in := func(name string) string { return filepath.Join(root, name) }
		for _, dir := range []string{"etc/sub", "usr/lib", "gone/deep", "renewed/inside", "links", "mode", "replaced", "cut"} {
			mkdir(t, in(dir))
		}
		for _, name := range []string{
			"etc/passwd", "etc/group", "etc/sub/kept", "gone/deep/file", "renewed/old", "renewed/same", "renewed/inside/x",
			"usr/lib/touched", "usr/lib/untouched", "replaced/file", "tofile", "cut/same", "cut/other",
		} {
			ok(os.WriteFile(in(name), []byte("lower "+name), 0o644))
		}
		ok(os.Chtimes(in("cut/same"), cut, cut))
		ok(os.Chtimes(in("cut/other"), cut, cut))
		ok(os.Chtimes(in("renewed/same"), cut, cut))
		ok(os.Link(in("etc/passwd"), in("links/one")))
		ok(os.Link(in("etc/passwd"), in("links/two")))
		ok(os.Symlink("passwd", in("etc/link")))
		mkdir(t, in("todir-not"))
		ok(os.WriteFile(in("todir"), []byte("becomes a folder"), 0o600))
	}
}

func upperTree(t *testing.T) func(string) {
	t.Helper()
	ok := must(t)
	return func(root string) {
		in := func(name string) string { return filepath.Join(root, name) }
		write := func(name, text string) {
			mkdir(t, filepath.Dir(in(name)))
			ok(os.WriteFile(in(name), []byte(text), 0o640))
		}
		write("etc/group", "changed")
		ok(os.Remove(in("etc/sub/kept")))
		ok(os.RemoveAll(in("gone")))
		ok(os.RemoveAll(in("renewed"))) // opaque
		write("renewed/new", "new")
		write("renewed/same", "lower renewed/same")
		ok(os.Chmod(in("renewed/same"), 0o644))
		ok(os.Chtimes(in("renewed/same"), cut, cut))
		ok(os.Link(in("renewed/new"), in("renewed/newer")))
		ok(os.RemoveAll(in("replaced")))
		write("replaced", "a file now")
		ok(os.Remove(in("todir")))
		write("todir/file", "in a folder now")
		write("usr/lib/touched", "lower usr/lib/touched")
		ok(os.Chmod(in("mode"), 0o2700))
		ok(os.Chmod(in("etc/link/../passwd"), 0o600)) // copies up one name of three
		// The same content written again: only a look into it tells that nothing has changed.
		for _, name := range []string{"cut/same", "cut/other"} {
			text := "lower " + name
			if name == "cut/other" {
				text = "LOWER " + name
			}
			ok(os.WriteFile(in(name), []byte(text), 0o644))
			ok(os.Chtimes(in(name), cut, cut))
		}
		write("new/empty", "")
		write("new/"+strings.Repeat("long", 50)+"/"+strings.Repeat("name", 60), "long name")
		write("new/not\xffutf8\xfe", "name of bytes")
		write("new/ümläut", "name of runes")
		write("new/big", strings.Repeat("big file ", 300_000))
		write("new/owned", "owned")
		ok(os.Chown(in("new/owned"), 1234, 3_000_000)) // more than the octal field of a tar header holds
		ok(os.Chmod(in("new/owned"), 0o4755|os.ModeSetuid))
		ok(os.Chtimes(in("new/owned"), cut, time.Date(1960, 1, 1, 0, 0, 0, 999, time.UTC)))
		ok(os.Mkdir(in("new/sticky"), 0o777))
		ok(os.Chmod(in("new/sticky"), 0o777|os.ModeSticky|os.ModeSetgid))
		write("new/capable", "capable")
		ok(unix.Setxattr(in("new/capable"), capabilityAttribute, netBindService, 0))
		ok(unix.Setxattr(in("new/capable"), "user.note", []byte("not in a layer"), 0))
		ok(os.Link(in("new/capable"), in("new/zcapable")))
		for _, name := range []string{"new/hard1", "new/zhard2", "usr/hard3"} {
			if name == "new/hard1" {
				write(name, "many names")
				continue
			}
			ok(os.Link(in("new/hard1"), in(name)))
		}
		ok(os.Symlink(strings.Repeat("/target", 30), in("new/symlink")))
		ok(os.Link(in("new/symlink"), in("new/symlink2")))
		ok(unix.Mkfifo(in("new/fifo"), 0o600))
		ok(unix.Mknod(in("new/char"), unix.S_IFCHR|0o660, int(unix.Mkdev(1, 3))))
		ok(unix.Mknod(in("new/block"), unix.S_IFBLK|0o660, int(unix.Mkdev(259, 70000))))
		ok(unix.Mknod(in("new/socket"), unix.S_IFSOCK|0o660, 0))
		f, err := os.Create(in("new/sparse"))
		ok(err)
		ok(f.Truncate(3 << 20))
		_, err = f.WriteAt([]byte("in a hole"), 1<<20)
		ok(err)
		ok(f.Close())
		f, err = os.Create(in("new/hole"))
		ok(err)
		ok(f.Truncate(70_000))
		ok(f.Close())
	}
}

// netBindService is the capability to bind low ports as the kernel stores it (capabilities(7)).
var netBindService = []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

func TestLayersAreThoseOfBuildKit(t *testing.T) {
	names := map[string]bool{}
	for _, lowers := range []int{0, 1, 2} {
		t.Run(fmt.Sprintf("%d folders below", lowers), func(t *testing.T) {
			fill := []func(string){upperTree(t)}
			if lowers == 0 {
				fill = []func(string){func(root string) { lowerTree(t)(root); upperTree(t)(root) }}
			}
			if lowers > 0 {
				fill = append([]func(string){lowerTree(t)}, fill...)
			}
			if lowers > 1 {
				middle := func(root string) {
					must(t)(os.Remove(filepath.Join(root, "usr/lib/untouched")))
					must(t)(os.Chmod(filepath.Join(root, "etc"), 0o711))
				}
				fill = []func(string){lowerTree(t), middle, upperTree(t)}
			}
			for _, name := range newSnapshots(t, fill...).wantEqual() {
				names[name] = true
			}
		})
	}
	if t.Failed() || len(names) == 0 {
		return
	}
	for _, want := range []string{".wh.gone", "renewed/.wh.old", "etc/sub/.wh.kept", "renewed/newer", "new/not\xffutf8\xfe", "new/hole"} {
		if !names[want] {
			t.Errorf("%q is in no layer", want)
		}
	}
}

// TestLayersOfRandomTreesAreThoseOfBuildKit does random things to random trees.
func TestLayersOfRandomTreesAreThoseOfBuildKit(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			act := func(n int) func(string) { return func(root string) { disturb(t, random, root, n) } }
			newSnapshots(t, act(60), act(25), act(40)).wantEqual()
		})
	}
}

// disturb makes, changes and removes n things below root. What cannot be done, such as writing into a file as if it
// were a folder, is left.
func disturb(t *testing.T, random *rand.Rand, root string, n int) {
	t.Helper()
	name := func() string {
		path := root
		for range 1 + random.IntN(3) {
			path = filepath.Join(path, string(rune('a'+random.IntN(4))))
		}
		return path
	}
	for range n {
		path := name()
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		switch random.IntN(11) {
		case 0, 1:
			_ = os.RemoveAll(path)
		case 2:
			_ = os.RemoveAll(path)
			_ = os.MkdirAll(filepath.Join(path, "a"), 0o700)
		case 3:
			_ = os.Link(name(), path)
		case 4:
			_ = os.Symlink("../"+string(rune('a'+random.IntN(4))), path)
		case 5:
			_ = os.Rename(name(), path)
		case 6:
			_ = os.Chmod(path, os.FileMode(random.IntN(0o777))|0o700)
		case 7:
			_ = unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(1, uint32(random.IntN(3)))))
		case 8:
			_ = os.Chtimes(path, cut, cut)
		default:
			_ = os.WriteFile(path, bytes.Repeat([]byte{'x'}, random.IntN(3000)), 0o644)
			if random.IntN(2) == 0 {
				_ = os.Chtimes(path, cut, cut)
			}
		}
	}
}

func TestChangesThatAreElsewhereAreNotGuessed(t *testing.T) {
	ok := must(t)
	lower := func(root string) { ok(os.WriteFile(filepath.Join(root, "file"), []byte("content"), 0o644)) }
	for name, mark := range map[string]func(s snapshots){
		"redirect": func(s snapshots) {
			mkdir(t, filepath.Join(s.upper, "moved"))
			ok(unix.Setxattr(filepath.Join(s.upper, "moved"), "trusted.overlay.redirect", []byte("/was"), 0))
		},
		"metacopy": func(s snapshots) {
			path := filepath.Join(s.upper, "file")
			ok(os.WriteFile(path, nil, 0o600))
			ok(os.Truncate(path, 7))
			ok(unix.Setxattr(path, "trusted.overlay.metacopy", nil, 0))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSnapshots(t, lower, func(string) {})
			mark(s)
			if _, err := s.ours(); !errors.Is(err, errUnsupported) {
				t.Errorf("error %v", err)
			}
		})
	}
	s := newSnapshots(t, lower, lower, lower)
	s.lowers = s.lowers[:1] // two folders between
	top, upper := s.mounts()
	upper[0].Options = s.options(append(s.lowers, s.upper, s.work))
	err := writeChanges(t.Context(), top, upper, func(u tree) *archive { return newArchive(t.Context(), io.Discard, u, nil) })
	if !errors.Is(err, errUnsupported) {
		t.Errorf("two folders between: error %v", err)
	}
}
