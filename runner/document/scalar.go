package document

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/runner/expr"
)

// The tags of scalars that rules look at.
const (
	tagStr   = "!!str"
	tagInt   = "!!int"
	tagNull  = "!!null"
	tagMerge = "!!merge"
)

// isNull reports whether v stands for an absent key.
func (v Value) isNull() bool { return v.Kind == Scalar && v.Tag == tagNull }

var integer = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?[0-9]+$`) })

// Int returns the integer of a scalar. Digits are always decimal, leading zeros or not; YAML's other forms of
// integers count when they are not quoted.
func (v Value) Int() (int64, bool) {
	if v.Kind != Scalar {
		return 0, false
	}
	text, base := v.Text, 10
	if v.Plain && v.Tag == tagInt {
		text = strings.ReplaceAll(text, "_", "")
	}
	if !integer().MatchString(text) {
		if !v.Plain || v.Tag != tagInt {
			return 0, false
		}
		base = 0
	}
	n, err := strconv.ParseInt(text, base, 64)
	return n, err == nil
}

// Bool returns the boolean of a scalar: YAML 1.1's words when it is not quoted, else "true" and "false" in any case.
func (v Value) Bool() (value, ok bool) {
	if v.Kind != Scalar {
		return false, false
	}
	lower := strings.ToLower(v.Text)
	if !v.Plain {
		return lower == "true", lower == "true" || lower == "false"
	}
	// YAML 1.1 knows each word in lower case, upper case and with a capital.
	if v.Text != lower && v.Text != strings.ToUpper(lower) && v.Text != strings.ToUpper(lower[:1])+lower[1:] {
		return false, false
	}
	switch lower {
	case "true", "yes", "on", "y":
		return true, true
	case "false", "no", "off", "n":
		return false, true
	}
	return false, false
}

// Expand returns a copy of v in which expand was applied to every scalar, at any depth. A scalar that it changed
// counts as quoted text from then on, so a reference to "yes" is not a boolean.
func (v Value) Expand(expand func(text string) (string, error)) (Value, error) {
	switch v.Kind {
	case Sequence:
		list := make([]Value, len(v.List))
		for i, item := range v.List {
			var err error
			if list[i], err = item.Expand(expand); err != nil {
				return Value{}, err
			}
		}
		v.List = list
	case Mapping:
		keys := make([]Key, len(v.Map))
		for i, k := range v.Map {
			var err error
			if k.Value, err = k.Value.Expand(expand); err != nil {
				return Value{}, err
			}
			keys[i] = k
		}
		v.Map = keys
	default:
		text, err := expand(v.Text)
		if err != nil {
			return Value{}, err
		}
		if text != v.Text {
			v.Text, v.Tag, v.Plain = text, tagStr, false
		}
	}
	return v, nil
}

// Expand returns a copy of the entry in which expand was applied to every scalar. Condition stays as it is: its
// operands are resolved as an evaluation comes to them.
func (in Input) Expand(expand func(text string) (string, error)) (Input, error) {
	v, err := Value{Kind: Mapping, Map: in.Keys}.Expand(expand)
	if err != nil {
		return Input{}, err
	}
	in.Keys = v.Map
	return in, nil
}

// maxNameLength is the length limit of the names of phases and steps, in characters.
const maxNameLength = 128

// nameProblem says what is wrong with the name of a phase or step. An odd name is accepted, but no reference can
// reach it.
func nameProblem(name string) (problem string, odd bool) {
	switch {
	case name == "":
		return "is empty", false
	case utf8.RuneCountInString(name) > maxNameLength:
		return "is longer than 128 characters", false
	case strings.ContainsAny(name, "{}"):
		return "holds a brace", false
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) || unicode.IsControl(r) }):
		return "holds a control character", false
	}
	return "", !expr.IsName(name)
}
