package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/notes"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/runlog"
	"github.com/slipway-oci/slipway/builder/stage"
)

// maxUnasked is how long an outcome is taken without asking the builder for it. The builder drops first what it was not
// asked for lately, so that somebody who builds the same for weeks and then changes the last component would find the
// others gone.
const maxUnasked = 24 * time.Hour

// Recollection is the outcome of the build stage of one platform as it is remembered from one build to the next, so that
// an unchanged one need not be asked of the builder. It is known by all that the outcome depends on.
type Recollection struct {
	file  string
	fresh bool // the caller wants no remembered outcome
	now   remembered
}

// remembered is what the file of a Recollection holds.
type remembered struct {
	Asked time.Time     `json:"asked"` // when the builder gave the outcome
	Image v1.Descriptor `json:"image"` // the manifest
	Logs  []string      `json:"logs"`  // the log folder of each component
}

// dependencies are all that the image of a trivial template depends on.
type dependencies struct {
	Program     string
	Runner      string
	Platform    ocispecs.Platform
	Parent      digest.Digest
	Labels      map[string]string
	Compression string
	Components  []engine.Component
}

// recollect finds the place of what is remembered; nil if nothing is: for builds that read more than their plan says,
// and for those that do more than make an image.
func recollect(s stage.Services, in Input, spec *engine.BuildSpec) *Recollection {
	always := slices.ContainsFunc(in.Plan.BuildStage(), func(c plan.Component) bool { return c.NoCache })
	if s.Outcomes == "" || always || spec.Template != (engine.Template{}) || spec.Args != nil || spec.Reports != nil ||
		len(spec.CacheFrom)+len(spec.CacheTo) > 0 {
		return nil
	}
	program, err := programMark()
	if err != nil {
		return nil
	}
	d := dependencies{
		Program: program, Runner: engine.RunnerDigest(in.Platform.Name), Platform: spec.Platform, Labels: spec.Labels,
		Compression: spec.Compression,
	}
	if spec.Parent != nil {
		d.Parent = spec.Parent.Digest
	}
	for _, c := range spec.Components {
		c.NoCache = false // not of the plan, so the outcome is for all
		d.Components = append(d.Components, c)
	}
	data, err := json.Marshal(d)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(data)
	r := &Recollection{file: filepath.Join(s.Outcomes, hex.EncodeToString(sum[:])+".json"), fresh: len(in.NoCache) > 0}
	r.now.Asked = time.Now().UTC()
	return r
}

// programMark tells this program from others: a new one may make images in another way.
func programMark() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	mark, err := json.Marshal([]any{info.Size(), info.ModTime().UTC()})
	return string(mark), err
}

// recall gives the build that is remembered, with the logs of its components in their folders, if image and logs are
// still there.
func (r *Recollection) recall(ctx context.Context, w *watcher) (*engine.Build, bool) {
	var last remembered
	if r == nil || r.fresh || !notes.Read(r.file, &last) || time.Since(last.Asked) > maxUnasked || len(last.Logs) != len(w.components) {
		return nil, false
	}
	image, err := w.services.Store.Resolve(ctx, last.Image.Digest.String())
	if err != nil || image.Complete() != nil {
		return nil, false
	}
	manifest, err := image.Manifest()
	if err != nil {
		return nil, false
	}
	for i, folder := range last.Logs {
		if w.details[i], err = runlog.Read(folder); err != nil {
			w.details[i] = nil
			return nil, false
		}
	}
	if linkFiles(last.Logs, w.folder) != nil {
		return nil, false
	}
	r.now.Asked = last.Asked
	for i := range w.components {
		w.ComponentCached(i)
	}
	return engine.Recalled(len(w.components), engine.Committed{
		Digest: digest.Digest(last.Image.Digest.String()), ConfigDigest: digest.Digest(manifest.Config.Digest.String()),
		Descriptor: ocispecs.Descriptor{
			MediaType: string(last.Image.MediaType), Digest: digest.Digest(last.Image.Digest.String()), Size: last.Image.Size,
		},
	}), true
}

// linkFiles links the files of each folder into that of the same number, all or none: what follows would write into those
// that are linked.
func linkFiles(from []string, to func(int) (string, error)) (err error) {
	var linked []string
	defer func() {
		if err != nil {
			for _, path := range linked {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	for i, folder := range from {
		target, err := to(i)
		if err != nil {
			return err
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(target, entry.Name())
			if err := os.Link(filepath.Join(folder, entry.Name()), path); err != nil {
				return err
			}
			linked = append(linked, path)
		}
	}
	return nil
}

// from notes where the logs of a build that succeeded are.
func (r *Recollection) from(w *watcher) error {
	if r == nil {
		return nil
	}
	r.now.Logs = make([]string, len(w.components))
	for i := range r.now.Logs {
		folder, err := w.folder(i)
		if err == nil {
			r.now.Logs[i], err = filepath.Abs(folder)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Keep remembers the outcome. The blobs of the image must be on the disk. Without the note the builder is asked again,
// so that a failure to write it is none of the build. It does nothing for a nil Recollection.
func (r *Recollection) Keep(image v1.Descriptor) {
	if r == nil {
		return
	}
	r.now.Image = v1.Descriptor{MediaType: image.MediaType, Digest: image.Digest, Size: image.Size}
	if notes.Write(r.file, r.now) == nil {
		notes.Forget(filepath.Dir(r.file), maxUnasked)
	}
}
