package expr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Numbers are compared exactly, as decimals: float64 would call 9007199254740993 and 9007199254740992 equal.

// errNotNumber says that a text is no number; this makes a comparison false rather than failed.
var errNotNumber = errors.New("not a number")

// The forms of numbers are compiled when the first one is compared: most documents compare none, and a runner starts for
// each of them.
var (
	decimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?([0-9]+[.])?[0-9]+$`) })
	yamlInt = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*)$`)
	})
	yamlFloat = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$`)
	})
	yamlNoNum = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`) })
)

// parseNumber reads the number of an operand. The error is errNotNumber for a text that is none, and another one for
// what YAML takes for a number but cannot be compared.
func parseNumber(o Operand) (*big.Rat, error) {
	if decimal().MatchString(o.Text) {
		return rat(o.Text)
	}
	if !o.Plain || o.FromRef || strings.HasPrefix(o.Text, "_") {
		return nil, errNotNumber
	}
	text := strings.ReplaceAll(o.Text, "_", "")
	switch {
	case yamlNoNum().MatchString(o.Text):
		return nil, fmt.Errorf("%q is not a number that can be compared", o.Text)
	case decimal().MatchString(text):
		return rat(text)
	case yamlInt().MatchString(text):
		n, ok := new(big.Int).SetString(text, 0)
		if !ok {
			return nil, errNotNumber
		}
		return new(big.Rat).SetInt(n), nil
	case yamlFloat().MatchString(text):
		// The range check also keeps an exponent of a billion from becoming a number of a billion digits.
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(f, 0) || f == 0 && strings.ContainsAny(mantissa(text), "123456789") {
			return nil, fmt.Errorf("%q is out of the range of numbers", o.Text)
		}
		return rat(text)
	}
	return nil, errNotNumber
}

func rat(text string) (*big.Rat, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, errNotNumber
	}
	return r, nil
}

// mantissa returns the digits before the exponent.
func mantissa(text string) string {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		return text[:i]
	}
	return text
}
