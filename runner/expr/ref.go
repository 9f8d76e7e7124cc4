package expr

import (
	"math"
	"strings"
)

// Kind says what a reference refers to.
type Kind int

// The kinds of references.
const (
	Variable Kind = iota + 1 // {{ Name }}: a parameter or constant
	Loop                     // {{ loop.index }}, {{ NAME.value }}
	Chain                    // {{ phase.step.outputs.key }}, {{ phase.step.inputs[1].key }}
	Secret                   // {{ secrets.NAME }}
	Dynamic                  // {{ env:NAME }} and the other prefixed forms
)

// The sources of dynamic references.
const (
	Env     = "env"
	Context = "context"
	SSM     = "aws:ssm"
	IMDS    = "aws:imds"
)

// The fields of a chain reference.
const (
	Inputs  = "inputs"
	Outputs = "outputs"
)

// Ref is one reference. Which fields are set depends on Kind.
type Ref struct {
	Kind Kind
	Raw  string // as written, braces included

	// Name is the variable, the loop ("loop" for the step's own without a name), the secret, or the key of a dynamic
	// reference: for aws:ssm the parameter's name, also when it was written as resolve(NAME).
	Name   string
	Source string // Dynamic: Env, Context, SSM or IMDS

	Phase, Step string    // Chain
	Field       string    // Chain: Inputs or Outputs; Loop: "index" or "value"
	Entry       int       // Chain: the index behind Field, -1 when there is none (then it means 0)
	Path        []Segment // Chain: at least one
}

// Segment is one word of the path behind inputs or outputs.
type Segment struct {
	Name  string
	Index int // -1 when there is none
}

// maxName is the length limit of names and path segments, minVariable the least length of a variable's name.
const (
	maxName     = 128
	minVariable = 3
)

// parseRef reads the text between the braces. oneLine says that it holds no line break, which a dynamic key may not.
//
// It looks at characters from the left and stops at the first one that fits no form. Callers try it at every "{{"
// of a text, and with any look at the end first a long text of open braces would cost quadratic time.
func parseRef(inner string, oneLine bool) (Ref, bool) {
	s := strings.TrimLeft(inner, " \t")
	if r, ok := parseDynamic(s, oneLine); ok {
		return r, true
	}
	n := 0
	for n < len(s) && isPathByte(s[n]) {
		n++
	}
	if n == 0 || strings.TrimLeft(s[n:], " \t") != "" {
		return Ref{}, false
	}
	if word := s[:n]; strings.IndexByte(word, '.') < 0 {
		return Ref{Kind: Variable, Name: word}, IsVariableName(word)
	}
	parts := strings.Split(s[:n], ".")
	switch len(parts) {
	case 2:
		return parsePair(parts[0], parts[1])
	case 3:
	default:
		return parseChain(parts)
	}
	return Ref{}, false
}

// parsePair reads NAME.WORD: a secret or a loop reference. No loop may be called "secrets", so the secret goes first.
func parsePair(name, word string) (Ref, bool) {
	if !IsName(name) || !IsName(word) {
		return Ref{}, false
	}
	if name == "secrets" {
		return Ref{Kind: Secret, Name: word}, true
	}
	if word == "index" || word == "value" {
		return Ref{Kind: Loop, Name: name, Field: word}, true
	}
	return Ref{}, false
}

func parseChain(parts []string) (Ref, bool) {
	if !IsName(parts[0]) || !IsName(parts[1]) {
		return Ref{}, false
	}
	field, ok := parseSegment(parts[2])
	if !ok || field.Name != Inputs && field.Name != Outputs {
		return Ref{}, false
	}
	r := Ref{Kind: Chain, Phase: parts[0], Step: parts[1], Field: field.Name, Entry: field.Index}
	for _, p := range parts[3:] {
		seg, ok := parseSegment(p)
		if !ok {
			return Ref{}, false
		}
		r.Path = append(r.Path, seg)
	}
	return r, true
}

// parseSegment reads NAME or NAME[n].
func parseSegment(s string) (Segment, bool) {
	name, rest, indexed := strings.Cut(s, "[")
	if !IsName(name) {
		return Segment{}, false
	}
	if !indexed {
		return Segment{Name: name, Index: -1}, true
	}
	digits, ok := strings.CutSuffix(rest, "]")
	if !ok || digits == "" {
		return Segment{}, false
	}
	n := 0
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return Segment{}, false
		}
		// An index too large for any list stays one: the check of its range will refuse it.
		n = min(n*10+int(c-'0'), math.MaxInt32)
	}
	return Segment{Name: name, Index: n}, true
}

// parseDynamic reads the prefixed forms, whose key is everything up to the closing braces.
func parseDynamic(s string, oneLine bool) (Ref, bool) {
	for _, source := range []string{Env, Context, SSM, IMDS} {
		if len(s) <= len(source) || s[len(source)] != ':' || s[:len(source)] != source {
			continue
		}
		if !oneLine {
			return Ref{}, false
		}
		key := strings.Trim(s[len(source)+1:], " \t")
		if source == SSM {
			if name, ok := strings.CutPrefix(key, "resolve("); ok && strings.HasSuffix(name, ")") {
				key = strings.Trim(strings.TrimSuffix(name, ")"), " \t")
			}
		}
		return Ref{Kind: Dynamic, Source: source, Name: key}, key != ""
	}
	return Ref{}, false
}

// IsName reports whether s is one word of a reference: 1 to 128 characters of A-Z a-z 0-9 _ and -.
func IsName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

// IsVariableName reports whether s can name a parameter or constant: as IsName, with at least 3 characters.
func IsVariableName(s string) bool { return len(s) >= minVariable && IsName(s) }

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

func isPathByte(c byte) bool { return isNameByte(c) || c == '.' || c == '[' || c == ']' }
