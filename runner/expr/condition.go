package expr

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
)

// Condition is one operator with its operands.
type Condition struct {
	Op        Operator
	Operand   Operand     // of a comparison: the baseline
	Companion Operand     // what stands under the companion key, when Op has one
	Terms     []Condition // of a logical operator; exactly one for "not"
}

// Operand is a text of a comparison.
type Operand struct {
	Text    string
	Plain   bool // written without quotes, so that YAML's forms of numbers count
	FromRef bool // holds the value of a reference: no number forms of YAML, and no error when it is no number
}

// expand returns o with its references resolved.
func (o Operand) expand(expand func(string) (string, error)) (Operand, error) {
	if expand == nil || !HasRef(o.Text) {
		return o, nil
	}
	text, err := expand(o.Text)
	if err != nil {
		return Operand{}, err
	}
	return Operand{Text: text, FromRef: true}, nil
}

// Expand returns the condition with the references of all its operands resolved, also of those that an evaluation
// would not come to. Evaluator.Expand resolves them only as they are needed.
func (c Condition) Expand(expand func(text string) (string, error)) (Condition, error) {
	out := c
	var err error
	if out.Operand, err = c.Operand.expand(expand); err != nil {
		return Condition{}, err
	}
	if out.Companion, err = c.Companion.expand(expand); err != nil {
		return Condition{}, err
	}
	out.Terms = nil
	for _, t := range c.Terms {
		term, err := t.Expand(expand)
		if err != nil {
			return Condition{}, err
		}
		out.Terms = append(out.Terms, term)
	}
	return out, nil
}

// CheckOperand reports what is wrong with the literal baseline of a comparison: a pattern that does not compile, a
// digest of the wrong length, a text that is no number. An operand that holds references cannot be checked yet.
func (op Operator) CheckOperand(o Operand) error {
	if o.FromRef || HasRef(o.Text) {
		return nil
	}
	switch op.Class {
	case Pattern:
		_, err := compile(o.Text)
		return err
	case NumOrder:
		_, err := parseNumber(o)
		if errors.Is(err, errNotNumber) {
			return fmt.Errorf("%q is not a number", o.Text)
		}
		return err
	case DigestOf:
		return op.checkDigest(o.Text)
	}
	return nil
}

// CheckCompanion reports what is wrong with the literal text beside an operator: only a number that YAML knows and
// comparisons do not, as a "value" that is no number at all just makes the comparison false.
func (op Operator) CheckCompanion(o Operand) error {
	if op.Class != NumOrder || o.FromRef || HasRef(o.Text) {
		return nil
	}
	if _, err := parseNumber(o); err != nil && !errors.Is(err, errNotNumber) {
		return err
	}
	return nil
}

func (op Operator) checkDigest(text string) error {
	if _, err := hex.DecodeString(text); err != nil || len(text) != op.HexDigits {
		return fmt.Errorf("%q is not a digest of %d hex digits", text, op.HexDigits)
	}
	return nil
}

// compile compiles a pattern as patternMatches reads it: letter case is ignored unless it says "(?-i)".
func compile(pattern string) (*regexp.Regexp, error) {
	// On its own first, so that the error shows the pattern as it was written.
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return regexp.Compile("(?i)" + pattern)
}
