// Package inspect reads the layers of an image that a build added: how much each one adds, what in it must never be in
// an image, and what people leave there by accident. Entry points are Layer for one stream, and Memory.Layer for a
// layer of the image store, which is read once and then remembered by its digest.
package inspect

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
)

// maxPaths is how many paths of a kind are kept as examples.
const maxPaths = 3

// Report is what one layer holds.
type Report struct {
	Files   int   `json:"files"`   // without folders
	Bytes   int64 `json:"bytes"`   // of their content, not compressed
	Deleted int   `json:"deleted"` // names of lower layers that it hides
	// Leftovers are what is there by accident, one entry a kind, in the order of the kinds.
	Leftovers []Leftover `json:"leftovers,omitempty"`
	// Violations must not be in any layer, ComponentViolations not in that of a component: there they are places that
	// a mount covered, so that only the build itself can have made them.
	Violations          []string `json:"violations,omitempty"`
	ComponentViolations []string `json:"componentViolations,omitempty"`
	// Setuid are the files with a setuid or setgid bit, all of them, so that those of a parent can be told apart.
	Setuid []File `json:"setuid,omitempty"`
	// OSRelease is what the layer has as os-release, "" when it has none.
	OSRelease string `json:"osRelease,omitempty"`
}

// File is one file of a layer.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// Leftover is what a layer holds of one kind of things that are rarely meant to be there.
type Leftover struct {
	Kind  Kind     `json:"kind"`
	Files int      `json:"files"`
	Bytes int64    `json:"bytes"`
	Paths []string `json:"paths"` // the first few
}

// Layer reads the tar stream of a layer, not compressed, to its end.
func Layer(r io.Reader) (Report, error) {
	o := NewObserver()
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return o.report(), nil
		}
		if err != nil {
			return Report{}, err
		}
		o.Header(header)
		if err := o.seen.readRelease(header, archive); err != nil {
			return Report{}, err
		}
	}
}

// Observer makes the report of a layer from its headers, in their order. The embedded builder has one while it writes
// a layer, so that the layer need not be read again.
type Observer struct {
	seen    Report
	found   map[Kind]*Leftover
	content bool // there is a file of which the content is in the report
}

// NewObserver returns an observer that has seen nothing.
func NewObserver() *Observer { return &Observer{found: map[Kind]*Leftover{}} }

// Header takes in the header of the next file.
func (o *Observer) Header(h *tar.Header) {
	o.seen.add(h, o.found)
	o.content = o.content || isRelease(h)
}

// Report is what Memory takes as a fresh report. It is an error for a layer that has to be read for more than its
// headers.
func (o *Observer) Report() (json.RawMessage, error) {
	if o.content {
		return nil, errors.New("the headers are not all that the report tells of")
	}
	return json.Marshal(remembered{rulesVersion, o.report()})
}

func (o *Observer) report() Report {
	report := o.seen
	for _, k := range kinds {
		if l := o.found[k.kind]; l != nil {
			report.Leftovers = append(report.Leftovers, *l)
		}
	}
	return report
}

const whiteout = ".wh."

func (r *Report) add(h *tar.Header, found map[Kind]*Leftover) {
	name := path.Clean("/" + h.Name)
	if base := path.Base(name); strings.HasPrefix(base, whiteout) {
		r.Deleted++
		return
	}
	if mustNotBe(name) {
		r.Violations = keep(r.Violations, name)
	}
	if mountedOver(name, h) {
		r.ComponentViolations = keep(r.ComponentViolations, name)
	}
	if h.Typeflag != tar.TypeDir {
		r.Files++
		r.Bytes += h.Size
	}
	for _, k := range kinds {
		if !k.is(name, h) {
			continue
		}
		if k.kind == Setuid {
			r.Setuid = append(r.Setuid, File{name, h.Size})
		}
		if found[k.kind] == nil {
			found[k.kind] = &Leftover{Kind: k.kind}
		}
		found[k.kind].add(name, h.Size)
	}
}

func (l *Leftover) add(name string, size int64) {
	l.Files++
	l.Bytes += size
	l.Paths = keep(l.Paths, name)
}

// Without gives the report without the setuid files that a parent has as well: a new version of one, such as that of
// an updated package, is nothing new.
func (r Report) Without(parent map[string]bool) Report {
	rest := Leftover{Kind: Setuid}
	for _, f := range r.Setuid {
		if !parent[f.Name] {
			rest.add(f.Name, f.Size)
		}
	}
	r.Leftovers = slices.DeleteFunc(slices.Clone(r.Leftovers), func(l Leftover) bool { return l.Kind == Setuid })
	if rest.Files > 0 {
		r.Leftovers = append(r.Leftovers, rest)
	}
	return r
}

// keep adds a name to a list of examples.
func keep(list []string, name string) []string {
	if len(list) >= maxPaths || slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}
