package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// DefaultGrace is the age below which Prune leaves an unreferenced blob alone.
const DefaultGrace = time.Hour

// PruneOptions says what to collect.
type PruneOptions struct {
	// Grace spares blobs that were written or asked for in that time, since a build may be about to refer to them.
	// Zero means DefaultGrace, a negative value no grace.
	Grace time.Duration
	// Unnamed also deletes images without a name, if they are older than Grace.
	Unnamed bool
	// DryRun only counts.
	DryRun bool
	// Now is the time by which ages are counted; zero means the current time.
	Now time.Time
}

// Pruned is what Prune removed, or would have removed.
type Pruned struct {
	Images []v1.Hash // images without a name
	Blobs  int
	Bytes  int64
}

// Prune deletes blobs that no image refers to, and what interrupted downloads and exports left. It runs safely
// beside builds and pulls: blobs younger than the grace time stay, and Add refuses an image of which a blob is
// missing, so no name ever points at an incomplete image. If an image of the store cannot be read, nothing is
// deleted, since its blobs are not known.
func (s *Store) Prune(ctx context.Context, opts PruneOptions) (Pruned, error) {
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	limit := opts.Now
	if opts.Grace > 0 {
		limit = limit.Add(-opts.Grace)
	}
	var pruned Pruned
	err := s.update(ctx, func(index *v1.IndexManifest) error {
		entries := index.Manifests
		if opts.Unnamed {
			entries, pruned.Images = s.withoutUnnamed(entries, limit)
		}
		inUse := map[v1.Hash]bool{}
		for _, entry := range entries {
			err := s.image(entry).Walk(func(desc v1.Descriptor) error {
				inUse[desc.Digest] = true
				return nil
			})
			if err != nil {
				return fmt.Errorf("nothing was pruned: %w", err)
			}
		}
		if !opts.DryRun && len(pruned.Images) > 0 {
			index.Manifests = entries
			if err := s.writeIndex(index); err != nil { // before the blobs go, so that a crash leaves no dangling name
				return fmt.Errorf("image store: %w", err)
			}
		}
		return s.sweep(ctx, inUse, limit, opts.DryRun, &pruned)
	})
	return pruned, err
}

func (s *Store) withoutUnnamed(entries []v1.Descriptor, limit time.Time) (kept []v1.Descriptor, dropped []v1.Hash) {
	for _, entry := range entries {
		info, err := os.Stat(s.blobPath(entry.Digest))
		if entry.Annotations[nameAnnotation] == "" && (err != nil || info.ModTime().Before(limit)) {
			dropped = append(dropped, entry.Digest)
		} else {
			kept = append(kept, entry)
		}
	}
	return kept, dropped
}

// sweep deletes the files of blobs that are not in use, and leftovers of interrupted writes.
func (s *Store) sweep(ctx context.Context, inUse map[v1.Hash]bool, limit time.Time, dryRun bool, pruned *Pruned) error {
	remove := func(path string, size int64) error {
		if !dryRun {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("image store: %w", err)
			}
		}
		pruned.Blobs++
		pruned.Bytes += size
		return nil
	}
	err := eachOld(ctx, s.path("blobs", "sha256"), limit, func(path string, size int64) error {
		if inUse[v1.Hash{Algorithm: "sha256", Hex: filepath.Base(path)}] {
			return nil
		}
		return remove(path, size)
	})
	if err != nil {
		return err
	}
	if err := eachOld(ctx, s.path(ingestFolder), limit, remove); err != nil {
		return err
	}
	return eachOld(ctx, s.path(partialFolder), limit, func(path string, size int64) error {
		if strings.HasSuffix(path, lockSuffix) {
			return nil
		}
		unlock, err := tryLock(path + lockSuffix)
		if err != nil || unlock == nil { // someone is writing it
			return err
		}
		defer unlock()
		defer os.Remove(path + lockSuffix)
		return remove(path, size)
	})
}

// eachOld calls f for every entry of a folder that did not change since limit. A missing folder is empty.
func eachOld(ctx context.Context, folder string, limit time.Time, f func(path string, size int64) error) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	for _, entry := range entries {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		path := filepath.Join(folder, entry.Name())
		changed, size, err := age(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // finished or removed meanwhile
		}
		if err != nil {
			return fmt.Errorf("image store: %w", err)
		}
		if changed.Before(limit) {
			if err := f(path, size); err != nil {
				return err
			}
		}
	}
	return nil
}

// age returns the latest change of a file or of anything in a folder, and the bytes in it.
func age(path string) (changed time.Time, size int64, err error) {
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(changed) {
			changed = info.ModTime()
		}
		if info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return changed, size, err
}
