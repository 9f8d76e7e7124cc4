package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// tree is the detailed output while it grows. The heads hold the fields of one JSON object in their order, without
// the list of children that ends it.
type rootNode struct {
	rootHead
	Documents []*documentNode `json:"documents"`
}

type rootHead struct {
	ExecutionID    string `json:"executionId"`
	Status         Status `json:"status"`
	StartTime      string `json:"startTime"`
	EndTime        string `json:"endTime"`
	FailureMessage string `json:"failureMessage"`
}

type documentNode struct {
	documentHead
	Phases []*phaseNode `json:"phases"`
}

type documentHead struct {
	Name           string `json:"name"`
	FilePath       string `json:"filePath"`
	Status         Status `json:"status"`
	Description    string `json:"description"`
	StartTime      string `json:"startTime"`
	EndTime        string `json:"endTime"`
	FailureMessage string `json:"failureMessage"`
}

type phaseNode struct {
	phaseHead
	Steps []*stepNode `json:"steps"`
}

type phaseHead struct {
	Name           string `json:"name"`
	Status         Status `json:"status"`
	StartTime      string `json:"startTime"`
	EndTime        string `json:"endTime"`
	FailureMessage string `json:"failureMessage"`
}

type loopNode struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Iterations int    `json:"iterations"`
	Completed  int    `json:"completed"`
}

type stepFields struct {
	Name           string      `json:"name"`
	Status         Status      `json:"status"`
	FailureMessage string      `json:"failureMessage"`
	TimeoutSeconds int         `json:"timeoutSeconds"`
	OnFailure      string      `json:"onFailure"`
	MaxAttempts    int         `json:"maxAttempts"`
	Action         string      `json:"action"`
	StartTime      string      `json:"startTime"`
	EndTime        string      `json:"endTime"`
	Inputs         string      `json:"inputs"`
	Outputs        string      `json:"outputs"`
	Loop           *loopNode   `json:"loop"`
	DetailedOutput []*rootNode `json:"detailedOutput"`
	Attempts       int         `json:"attempts"`
	ExitCode       *int        `json:"exitCode"`
}

// stepNode holds a step by its fields, or, once a step of the top execution has ended, by its text alone.
type stepNode struct {
	*stepFields
	text piece
}

// piece is a part of the file's text: in memory, or n bytes from offset at of the tree's spool.
type piece struct {
	text  []byte
	at, n int64
}

// The prefixes in front of the objects of the top execution, by depth.
const (
	documentIndent = "        "
	phaseIndent    = documentIndent + "        "
	stepIndent     = phaseIndent + "        "
)

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// tree keeps the roots by execution: the top one and those of nested executions whose calling step is running.
type tree struct {
	top   *rootNode
	roots map[string]*rootNode
	// spool puts large texts elsewhere, so that outputs of finished steps need no memory; nil keeps them.
	spool func(text []byte) piece
}

func last[T any](list []T) (item T, ok bool) {
	if len(list) == 0 {
		return item, false
	}
	return list[len(list)-1], true
}

// apply changes the tree by one event and reports whether it did.
func (t *tree) apply(r Record) bool {
	at, pos := stamp(r.Time), r.Position
	switch e := r.Event.(type) {
	case RunStart:
		if t.top == nil {
			t.top = &rootNode{rootHead: rootHead{ExecutionID: pos.ExecutionID, Status: InProgress, StartTime: at}}
			t.roots = map[string]*rootNode{pos.ExecutionID: t.top}
		}
	case RunEnd:
		if t.top == nil || e.Status == InProgress {
			return false
		}
		t.top.Status, t.top.EndTime, t.top.FailureMessage = e.Status, at, e.FailureMessage
	case DocumentStart:
		t.documentStart(at, pos, e)
	case DocumentEnd:
		d := t.document(pos)
		if d == nil {
			return false
		}
		d.Status, d.EndTime, d.FailureMessage = e.Status, at, e.FailureMessage
		if root := t.roots[pos.ExecutionID]; root != t.top {
			root.Status, root.EndTime, root.FailureMessage = e.Status, at, e.FailureMessage
		}
	case PhaseStart:
		d := t.document(pos)
		if d == nil {
			return false
		}
		if p, ok := last(d.Phases); !ok || p.Name != pos.Phase || p.Status != InProgress {
			d.Phases = append(d.Phases, &phaseNode{phaseHead: phaseHead{Name: pos.Phase, Status: InProgress, StartTime: at}})
		}
	case PhaseEnd:
		p := t.phase(pos)
		if p == nil {
			return false
		}
		p.Status, p.EndTime, p.FailureMessage = e.Status, at, e.FailureMessage
	case StepStart:
		t.stepStart(at, pos, e)
	case StepInputs:
		if s := t.step(pos); s != nil {
			s.Inputs = e.Inputs
		}
	case StepEnd:
		t.stepEnd(at, pos, e)
	default:
		return false
	}
	return true
}

func (t *tree) document(pos Position) *documentNode {
	root := t.roots[pos.ExecutionID]
	if root == nil {
		return nil
	}
	d, _ := last(root.Documents)
	return d
}

func (t *tree) phase(pos Position) *phaseNode {
	d := t.document(pos)
	if d == nil {
		return nil
	}
	p, _ := last(d.Phases)
	return p
}

// step returns the running step of an execution.
func (t *tree) step(pos Position) *stepNode {
	p := t.phase(pos)
	if p == nil {
		return nil
	}
	if s, ok := last(p.Steps); ok && s.stepFields != nil {
		return s
	}
	return nil
}

func (t *tree) documentStart(at string, pos Position, e DocumentStart) {
	root := t.roots[pos.ExecutionID]
	if root == nil {
		caller := t.step(Position{ExecutionID: pos.ParentID})
		if caller == nil {
			return
		}
		root = &rootNode{rootHead: rootHead{ExecutionID: pos.ExecutionID, Status: InProgress, StartTime: at}}
		caller.DetailedOutput = append(caller.DetailedOutput, root)
		t.roots[pos.ExecutionID] = root
	}
	if d, ok := last(root.Documents); ok && d.Status == InProgress && d.FilePath == e.Path {
		return // goes on after a restart
	}
	root.Documents = append(root.Documents, &documentNode{documentHead: documentHead{
		Name: e.Name, FilePath: e.Path, Status: InProgress, Description: e.Description, StartTime: at,
	}})
}

func (t *tree) stepStart(at string, pos Position, e StepStart) {
	p := t.phase(pos)
	if p == nil {
		return
	}
	if s := t.step(pos); s != nil && s.Status == InProgress && s.Name == pos.Step {
		return // goes on after a restart
	}
	s := &stepFields{
		Name: pos.Step, Status: InProgress, TimeoutSeconds: e.TimeoutSeconds, OnFailure: e.OnFailure,
		MaxAttempts: e.MaxAttempts, Action: e.Action, StartTime: at, Inputs: e.Inputs, Outputs: "[]",
	}
	if e.Loop != nil {
		s.Loop = &loopNode{Name: e.Loop.Name, Type: e.Loop.Type}
	}
	p.Steps = append(p.Steps, &stepNode{stepFields: s})
}

func (t *tree) stepEnd(at string, pos Position, e StepEnd) {
	s := t.step(pos)
	if s == nil {
		return
	}
	s.Status, s.EndTime, s.FailureMessage = e.Status, at, e.FailureMessage
	s.Attempts, s.ExitCode = e.Attempts, e.ExitCode
	if s.Loop != nil {
		s.Loop.Iterations, s.Loop.Completed = e.Iterations, e.Completed
	}
	switch {
	case e.Concealed:
		s.Outputs = Concealed
	case len(e.Outputs) > 0:
		s.Outputs = compact(e.Outputs)
	}
	for _, nested := range s.DetailedOutput {
		delete(t.roots, nested.ExecutionID)
	}
	if t.roots[pos.ExecutionID] == t.top {
		t.seal(s)
	}
}

// seal turns the step into its text.
func (t *tree) seal(s *stepNode) {
	s.text, s.stepFields = piece{text: s.render()}, nil
	if t.spool != nil {
		s.text = t.spool(s.text.text)
	}
}

// render returns the text of a step of the top execution.
func (s *stepNode) render() []byte {
	var b bytes.Buffer
	b.WriteString(stepIndent)
	if err := encodeIndented(&b, s.stepFields, stepIndent); err != nil {
		return []byte(stepIndent + "{}")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// compact is v as JSON on one line, without HTML escapes.
func compact(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprintf("%q", err.Error())
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// pieces returns the JSON of the tree as a list of texts that later events do not change.
func (t *tree) pieces() []piece {
	if t.top == nil {
		return nil
	}
	var list []piece
	add := func(b []byte) { list = append(list, piece{text: b}) }
	object(add, t.top.rootHead, "", "documents", len(t.top.Documents), func(i int) {
		d := t.top.Documents[i]
		object(add, d.documentHead, documentIndent, "phases", len(d.Phases), func(i int) {
			p := d.Phases[i]
			object(add, p.phaseHead, phaseIndent, "steps", len(p.Steps), func(i int) {
				s := p.Steps[i]
				if s.stepFields == nil {
					list = append(list, s.text)
				} else {
					add(s.render())
				}
			})
		})
	})
	return append(list, piece{text: []byte("\n")})
}

// object adds the text of head, an object, with a list of n children as its last field.
func object(add func([]byte), head any, indent, key string, n int, child func(int)) {
	var b bytes.Buffer
	b.WriteString(indent)
	if encodeIndented(&b, head, indent) != nil {
		return
	}
	b.Truncate(bytes.LastIndexByte(b.Bytes(), '}') - 1 - len(indent))
	fmt.Fprintf(&b, ",\n%s    %q: [", indent, key)
	add(bytes.Clone(b.Bytes()))
	for i := range n {
		if i == 0 {
			add([]byte("\n"))
		} else {
			add([]byte(",\n"))
		}
		child(i)
	}
	if n > 0 {
		add([]byte("\n" + indent + "    "))
	}
	add([]byte("]\n" + indent + "}"))
}

// restoreTree reads back what pieces wrote.
func restoreTree(text []byte, spool func([]byte) piece) (tree, error) {
	t := tree{top: &rootNode{}, roots: map[string]*rootNode{}, spool: spool}
	if err := json.Unmarshal(text, t.top); err != nil {
		return tree{}, fmt.Errorf("detailed output in the state file: %w", err)
	}
	var register func(r *rootNode)
	register = func(r *rootNode) {
		t.roots[r.ExecutionID] = r
		for _, d := range r.Documents {
			for _, p := range d.Phases {
				for _, s := range p.Steps {
					if s.Status == InProgress {
						for _, nested := range s.DetailedOutput {
							register(nested)
						}
					} else if r == t.top {
						t.seal(s)
					}
				}
			}
		}
	}
	register(t.top)
	return t, nil
}

// UnmarshalJSON reads a step back; encoding/json does not fill embedded pointers of unexported types.
func (s *stepNode) UnmarshalJSON(text []byte) error {
	s.stepFields = &stepFields{}
	return json.Unmarshal(text, s.stepFields)
}
