package engine

import (
	"context"
	"io"
	"io/fs"
	"path"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// Reports are files that are read out of the file systems in which components ran, also of one that failed. Nothing in
// those is changed by it.
type Reports struct {
	// Patterns are absolute paths; *, ? and [...] match within a folder, ** any folders.
	Patterns []string
	// Keep is told of a file that component i left, and may read its content before it returns. It never has more than a
	// piece of the content in memory.
	Keep func(i, pattern int, file string, size int64, content io.Reader)
}

// maxEntries bounds the entries that are looked at for the patterns of one component.
const maxEntries = 200_000

// found is a file that matches a pattern.
type found struct {
	pattern int
	path    string
	stat    *fstypes.Stat
}

// seenFiles remembers files by path, to tell those that a component wrote from those that were there.
type seenFiles map[string]fileVersion

type fileVersion struct{ size, modified int64 }

// isNew reports whether a file is not the one that was seen under its path, and remembers it.
func (s seenFiles) isNew(f found) bool {
	version := fileVersion{f.stat.Size, f.stat.ModTime}
	before, ok := s[f.path]
	s[f.path] = version
	return !ok || before != version
}

// note remembers what is there before anything runs.
func (r *Reports) note(ctx context.Context, from remoteFolder, seen seenFiles) {
	if r == nil {
		return
	}
	for _, f := range r.find(ctx, from) {
		seen.isNew(f)
	}
}

// collect keeps the files that component i wrote.
func (r *Reports) collect(ctx context.Context, from remoteFolder, i int, seen seenFiles) {
	if r == nil {
		return
	}
	for _, f := range r.find(ctx, from) {
		if !seen.isNew(f) {
			continue
		}
		r.Keep(i, f.pattern, f.path, f.stat.Size, &remoteFile{ctx: ctx, from: from, file: f.path, left: f.stat.Size})
	}
}

// find lists the files that match, each for the first pattern that does. A folder that cannot be read has none.
func (r *Reports) find(ctx context.Context, from remoteFolder) []found {
	s := search{from: from, taken: map[string]bool{}}
	for n, pattern := range r.Patterns {
		s.pattern = n
		s.walk(ctx, "/", strings.Split(strings.TrimPrefix(pattern, "/"), "/"))
	}
	return s.found
}

// search is a walk through a remote file system.
type search struct {
	from    remoteFolder
	pattern int
	looked  int
	taken   map[string]bool
	found   []found
}

// walk follows the parts of a pattern from a folder down. Symbolic links are not followed.
func (s *search) walk(ctx context.Context, dir string, parts []string) {
	last := len(parts) == 1
	if parts[0] == "**" && last {
		parts = []string{"**", "*"}
		last = false
	}
	if !last && !strings.ContainsAny(parts[0], `*?[\`) {
		s.walk(ctx, path.Join(dir, parts[0]), parts[1:])
		return
	}
	if parts[0] == "**" {
		s.walk(ctx, dir, parts[1:])
	}
	if s.looked > maxEntries || ctx.Err() != nil {
		return
	}
	entries, err := s.from.readDir(ctx, dir)
	if err != nil {
		return
	}
	s.looked += len(entries)
	for _, e := range entries {
		name, mode := path.Base(e.Path), fs.FileMode(e.Mode)
		matches, _ := path.Match(parts[0], name)
		switch {
		case parts[0] == "**" && mode.IsDir():
			s.walk(ctx, path.Join(dir, name), parts)
		case last && matches && mode.IsRegular():
			s.take(path.Join(dir, name), e)
		case !last && matches && mode.IsDir():
			s.walk(ctx, path.Join(dir, name), parts[1:])
		}
	}
}

func (s *search) take(file string, stat *fstypes.Stat) {
	if !s.taken[file] {
		s.taken[file] = true
		s.found = append(s.found, found{s.pattern, file, stat})
	}
}

// collectBuilt keeps the reports of the first n components, which have succeeded.
func (s *solve) collectBuilt(ctx context.Context, gw gateway.Client, g *graph, n int) error {
	if s.spec.Reports == nil {
		return nil
	}
	for i := range n {
		ref, err := g.evaluate(ctx, gw, g.components[i].root)
		if err != nil {
			return err
		}
		s.spec.Reports.collect(ctx, refFolder{ref}, i, s.seen)
	}
	return nil
}
