//go:build linux

package main

import (
	"archive/tar"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// madeByRuntimes are the files that a container needs to run, or that a tool mounts into it, and that some leave in the
// image, empty.
var madeByRuntimes = []string{"/packer-files", "/dev", "/proc", "/sys", "/run", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/mtab", "/.dockerenv"}

// A comparison says what must be the same in two trees.
type comparison struct {
	// Began is when the bench began: times before it must be the same, while a file that was written later has
	// the time of the run.
	Began  time.Time
	Varies []string // folders below which content, size and times may differ
}

// differences tells in words what is not the same in a and b, in the order of the paths.
func (c comparison) differences(a, b tree) []string {
	var all []string
	namesA, namesB := a.names(), b.names()
	paths := slices.Sorted(maps.Keys(a))
	for name := range b {
		if a[name] == nil {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	for _, name := range paths {
		if below(name, madeByRuntimes) || name == "/" {
			continue
		}
		for _, what := range c.compare(a[name], b[name], below(name, c.Varies)) {
			all = append(all, name+": "+what)
		}
		if x, y := namesA[name], namesB[name]; a[name] != nil && b[name] != nil && !slices.Equal(x, y) {
			all = append(all, fmt.Sprintf("%s: names %q, not %q", name, y, x))
		}
	}
	return all
}

// compare tells what b has that a has not, of one path.
func (c comparison) compare(a, b *node, varies bool) []string {
	switch {
	case a == nil && varies, b == nil && varies:
		return nil
	case a == nil:
		return []string{"should not be there"}
	case b == nil:
		return []string{"is missing"}
	}
	var all []string
	differ := func(what string, a, b any, same bool) {
		if !same {
			all = append(all, fmt.Sprintf("%s %v, not %v", what, b, a))
		}
	}
	differ("kind", string(a.kind), string(b.kind), a.kind == b.kind)
	differ("mode", fmt.Sprintf("%o", a.mode), fmt.Sprintf("%o", b.mode), a.mode == b.mode || a.kind == tar.TypeSymlink)
	differ("owner", [2]int{a.uid, a.gid}, [2]int{b.uid, b.gid}, a.uid == b.uid && a.gid == b.gid)
	differ("target", a.target, b.target, a.target == b.target)
	differ("device", a.device, b.device, a.device == b.device)
	differ("attributes", a.xattrs, b.xattrs, maps.Equal(a.xattrs, b.xattrs))
	if varies {
		return all
	}
	differ("size", a.size, b.size, a.size == b.size)
	differ("content", fmt.Sprintf("%.8x", a.content), fmt.Sprintf("%.8x", b.content), a.content == b.content)
	differ("time", a.modified, b.modified, c.sameTime(a, b))
	return all
}

// sameTime compares whole seconds: some tools write no smaller part. The time of a folder is also that of files that a
// tool put there for a while.
func (c comparison) sameTime(a, b *node) bool {
	newA, newB := a.modified.After(c.Began), b.modified.After(c.Began)
	if newA && newB || a.kind == tar.TypeDir && (newA || newB) {
		return true
	}
	return a.modified.Unix() == b.modified.Unix()
}

func below(name string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") })
}
