package report

import (
	"io"
	"path/filepath"
	"sync"
)

// Reference is one entry of chaining.json: a reference of a step, how it was resolved and to what.
type Reference struct {
	Document   string  `json:"document"`
	Phase      string  `json:"phase"`
	Step       string  `json:"step"`
	Expression string  `json:"expression"`
	Kind       string  `json:"kind"`     // variable, inputs, outputs, loop, secret
	Resolved   string  `json:"resolved"` // static or runtime
	Value      *string `json:"value"`    // nil until known
}

// References collects the references of a run for chaining.json. It is safe for concurrent use.
type References struct {
	mu    sync.Mutex
	list  []Reference
	index map[referenceKey]int
	mask  *Masker
}

type referenceKey struct{ execution, document, phase, step, expression string }

// NewReferences returns an empty collection whose values pass through masker.
func NewReferences(masker *Masker) *References {
	return &References{index: map[referenceKey]int{}, mask: masker}
}

// Add records a reference of an execution; the same expression in the same step counts once.
func (r *References) Add(execution string, ref Reference) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := referenceKey{execution, ref.Document, ref.Phase, ref.Step, ref.Expression}
	if _, ok := r.index[key]; ok {
		return
	}
	r.index[key] = len(r.list)
	r.list = append(r.list, ref)
}

// Resolve records the value that an expression had when its step ran; the last one counts.
func (r *References) Resolve(execution, document, phase, step, expression, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i, ok := r.index[referenceKey{execution, document, phase, step, expression}]; ok {
		v := cut(value, 4<<10)
		r.list[i].Value = &v
	}
}

// Write replaces chaining.json in the folder.
func (r *References) Write(f *Folder) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Reference, len(r.list))
	for i, ref := range r.list {
		if ref.Value != nil {
			v := r.mask.Text(*ref.Value)
			ref.Value = &v
		}
		list[i] = ref
	}
	return replaceFile(filepath.Join(f.Path, "chaining.json"), func(w io.Writer) error { return encodeIndented(w, list, "") })
}
