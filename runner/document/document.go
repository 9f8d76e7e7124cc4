// Package document reads component documents: YAML text to typed values with positions, with every check that
// needs no execution.
//
// Load is the entry point for most callers; Parse and Validate are its two halves. Entry applies the rules for a
// module's inputs once more when references are resolved. Problems are Diagnostics, all at once and in file order. The
// package knows nothing of how documents are run, and does no I/O.
package document

import "fmt"

// Pos is a place in a file; Line and Column count from 1, 0 means unknown.
type Pos struct {
	File         string
	Line, Column int
}

// String returns file:line:column, without the parts that are unknown.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Document is one parsed component document. It is not changed after Parse.
type Document struct {
	Name          string
	Description   string
	SchemaVersion string
	Parameters    []Parameter
	Constants     []Constant
	Phases        []Phase
	File          string // as given to Parse, for messages
	Bytes         []byte // the text exactly as read, byte order mark included
	Digest        string // "sha256:..." of Bytes
}

// Parameter is a declared parameter. Default is nil when there is none.
type Parameter struct {
	Name, Description string
	Default           *string
	AllowedValues     []string
	Pos               Pos
}

// Constant is a declared constant.
type Constant struct {
	Name, Value string
	Pos         Pos
}

// Phase is a named list of steps.
type Phase struct {
	Name  string
	Steps []Step
	Pos   Pos
}

// The values of onFailure.
const (
	Abort    = "Abort"
	Continue = "Continue"
	Ignore   = "Ignore"
)

// Step is one step. Inputs hold the values as written: references are still in them.
type Step struct {
	Name, Action   string
	Inputs         []Input // normalised to a list; one empty entry when inputs are absent
	TimeoutSeconds int     // -1 is no limit
	MaxAttempts    int
	OnFailure      string
	DisableLogging bool
	Loop           *Loop
	If             *Condition
	Pos            Pos

	// ActionPos, InputsPos, TimeoutPos and AttemptsPos are the places of the values of action, inputs, timeoutSeconds
	// and maxAttempts; the Line is 0 when the key is absent, which tells a default from the same value written down.
	ActionPos, InputsPos, TimeoutPos, AttemptsPos Pos
}

// Input is one entry of a step's inputs, in file order.
type Input struct {
	Keys []Key // keys without a value (null) are left out
	Pos  Pos
	// Condition is the same entry read as a condition; only for Assert, and nil when it is no valid one.
	Condition *Condition
}

// Key is one key of an entry with its value as written.
type Key struct {
	Name  string
	Tag   string // resolved YAML tag of the name
	Value Value
	Pos   Pos
}

// ValueKind says which field of a Value holds it.
type ValueKind int

// The kinds of values.
const (
	Scalar ValueKind = iota
	Sequence
	Mapping
)

// Value is a YAML value by its source text: a scalar's Text is the text of the file after quoting and escapes.
type Value struct {
	Kind  ValueKind
	Text  string  // Scalar; empty for null
	Tag   string  // Scalar: resolved YAML tag ("!!str", "!!int", "!!bool", "!!float", "!!null", "!!timestamp")
	Plain bool    // Scalar: unquoted in the file
	List  []Value // Sequence
	Map   []Key   // Mapping
	Pos   Pos
}

// Loop is a step's loop; exactly one of For and Each is set.
type Loop struct {
	Name string // "" when unnamed
	For  *ForLoop
	Each *EachLoop
	Pos  Pos
}

// ForLoop counts. Each text is a decimal integer or one variable reference.
type ForLoop struct {
	Start, End, UpdateBy          string
	StartPos, EndPos, UpdateByPos Pos
}

// EachLoop walks Items, or the pieces of List split at Delimiter, which is the character itself ("\n" for a newline).
type EachLoop struct {
	Items     []Value
	List      *Value
	Delimiter string
}

// Condition is one operator with its operands; see chapter 4 of the component-document reference.
type Condition struct {
	Operator   string      // canonical spelling
	Operand    Value       // of a comparison
	Value      *Value      // companion "value"
	Path       *Value      // companion "path"
	Terms      []Condition // operands of and, or, not
	Then, Else string      // Execute, Skip, Abort; defaults filled in at the top of an if
	Pos        Pos
}
