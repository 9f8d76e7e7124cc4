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

// phaseNode is a phase. In the top execution Steps holds only the step that is running: those that ended are text,
// each with what separates it from the one before.
type phaseNode struct {
	phaseHead
	ended []piece
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

type stepNode struct {
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

// piece is a part of the file's text: in memory, or n bytes from offset at of the spool.
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
	// spool puts the texts of steps that ended elsewhere, so that they need no memory.
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
	s, _ := last(p.Steps)
	return s
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
	s := &stepNode{
		Name: pos.Step, Status: InProgress, TimeoutSeconds: e.TimeoutSeconds, OnFailure: e.OnFailure,
		MaxAttempts: e.MaxAttempts, Action: e.Action, StartTime: at, Inputs: e.Inputs, Outputs: "[]",
	}
	if e.Loop != nil {
		s.Loop = &loopNode{Name: e.Loop.Name, Type: e.Loop.Type}
	}
	p.Steps = append(p.Steps, s)
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
		p := t.phase(pos)
		t.seal(p, s)
		p.Steps = p.Steps[:0]
	}
}

// seal adds a step that ended to the text of its phase.
func (t *tree) seal(p *phaseNode, s *stepNode) {
	text := t.spool(s.render(len(p.ended) == 0))
	if n := len(p.ended); n > 0 && text.n > 0 && p.ended[n-1].at+p.ended[n-1].n == text.at {
		p.ended[n-1].n += text.n
		return
	}
	p.ended = append(p.ended, text)
}

// render returns the text of a step of the top execution, with what separates it from the one before.
func (s *stepNode) render(first bool) []byte {
	var b bytes.Buffer
	b.WriteString(separator(first))
	b.WriteString(stepIndent)
	if err := encodeIndented(&b, s, stepIndent); err != nil {
		b.WriteString("{}")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// separator is what stands in front of an item of a list.
func separator(first bool) string {
	if first {
		return "\n"
	}
	return ",\n"
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
	add := func(text []byte) { list = append(list, piece{text: text}) }
	object(add, t.top.rootHead, "", "documents", len(t.top.Documents) == 0, func() {
		for i, d := range t.top.Documents {
			add([]byte(separator(i == 0)))
			object(add, d.documentHead, documentIndent, "phases", len(d.Phases) == 0, func() {
				for i, p := range d.Phases {
					add([]byte(separator(i == 0)))
					object(add, p.phaseHead, phaseIndent, "steps", len(p.ended)+len(p.Steps) == 0, func() {
						list = append(list, p.ended...)
						for i, s := range p.Steps {
							add(s.render(i+len(p.ended) == 0))
						}
					})
				}
			})
		}
	})
	return append(list, piece{text: []byte("\n")})
}

// object adds the text of head, an object, with a list as its last field; items adds those of the list.
func object(add func([]byte), head any, indent, key string, empty bool, items func()) {
	var b bytes.Buffer
	b.WriteString(indent)
	if encodeIndented(&b, head, indent) != nil {
		return
	}
	b.Truncate(bytes.LastIndexByte(b.Bytes(), '}') - 1 - len(indent))
	fmt.Fprintf(&b, ",\n%s    %q: [", indent, key)
	add(bytes.Clone(b.Bytes()))
	items()
	if !empty {
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
				t.restorePhase(p, r, register)
			}
		}
	}
	register(t.top)
	return t, nil
}

// restorePhase makes a phase of the execution r what it was: steps that ended are text, and what a running one called
// goes on.
func (t *tree) restorePhase(p *phaseNode, r *rootNode, register func(*rootNode)) {
	steps := p.Steps
	if r == t.top {
		p.Steps = nil
	}
	for _, s := range steps {
		switch {
		case s.Status == InProgress:
			for _, nested := range s.DetailedOutput {
				register(nested)
			}
			if r == t.top {
				p.Steps = append(p.Steps, s)
			}
		case r == t.top:
			t.seal(p, s)
		}
	}
}
