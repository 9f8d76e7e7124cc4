package expr

import (
	"sort"
	"strings"
)

// Class says what kind of operands an operator has.
type Class int

// The classes of operators.
const (
	Logical   Class = iota + 1 // and, or, not: operands are conditions
	TextTest                   // one text
	TextOrder                  // two texts, letter case ignored
	Pattern                    // a regular expression and a text
	NumOrder                   // two numbers
	FileTest                   // the name of something on disk
	DigestOf                   // a digest in hex, and the path of a file
)

// The names of the logical operators.
const (
	And = "and"
	Or  = "or"
	Not = "not"
)

// Operator is one operator of the condition language.
type Operator struct {
	Name      string // canonical spelling
	Class     Class
	Companion string // the key that must stand beside it, "value" or "path"; "" when there is none
	HexDigits int    // DigestOf: length of the digest

	order func(cmp int) bool // TextOrder, NumOrder: whether value cmp baseline is what it asks for
	test  func(s string) bool
}

// operators is the one list of operators; everything else about them is derived from it.
var operators = []Operator{
	{Name: And, Class: Logical},
	{Name: Or, Class: Logical},
	{Name: Not, Class: Logical},
	{Name: "stringIsEmpty", Class: TextTest, test: func(s string) bool { return s == "" }},
	{Name: "stringIsWhitespace", Class: TextTest, test: isBlank},
	{Name: "stringEquals", Class: TextOrder, Companion: "value", order: func(c int) bool { return c == 0 }},
	{Name: "stringLessThan", Class: TextOrder, Companion: "value", order: func(c int) bool { return c < 0 }},
	{Name: "stringLessThanEquals", Class: TextOrder, Companion: "value", order: func(c int) bool { return c <= 0 }},
	{Name: "stringGreaterThan", Class: TextOrder, Companion: "value", order: func(c int) bool { return c > 0 }},
	{Name: "stringGreaterThanEquals", Class: TextOrder, Companion: "value", order: func(c int) bool { return c >= 0 }},
	{Name: "patternMatches", Class: Pattern, Companion: "value"},
	{Name: "numberEquals", Class: NumOrder, Companion: "value", order: func(c int) bool { return c == 0 }},
	{Name: "numberLessThan", Class: NumOrder, Companion: "value", order: func(c int) bool { return c < 0 }},
	{Name: "numberLessThanEquals", Class: NumOrder, Companion: "value", order: func(c int) bool { return c <= 0 }},
	{Name: "numberGreaterThan", Class: NumOrder, Companion: "value", order: func(c int) bool { return c > 0 }},
	{Name: "numberGreaterThanEquals", Class: NumOrder, Companion: "value", order: func(c int) bool { return c >= 0 }},
	{Name: binaryExists, Class: FileTest},
	{Name: fileExists, Class: FileTest},
	{Name: folderExists, Class: FileTest},
	{Name: "fileMD5Equals", Class: DigestOf, Companion: "path", HexDigits: 32},
	{Name: "fileSHA1Equals", Class: DigestOf, Companion: "path", HexDigits: 40},
	{Name: "fileSHA256Equals", Class: DigestOf, Companion: "path", HexDigits: 64},
	{Name: "fileSHA512Equals", Class: DigestOf, Companion: "path", HexDigits: 128},
}

const (
	binaryExists = "binaryExists"
	fileExists   = "fileExists"
	folderExists = "folderExists"
)

// Operators returns all operators in the order of the reference.
func Operators() []Operator { return append([]Operator(nil), operators...) }

// OperatorNames returns the canonical names of all operators in byte order.
func OperatorNames() []string {
	names := make([]string, len(operators))
	for i, op := range operators {
		names[i] = op.Name
	}
	sort.Strings(names)
	return names
}

// LookupOperator returns the operator with this name, upper and lower case ignored. Other spellings than the
// canonical one are in circulation; compare with Operator.Name to warn about them.
func LookupOperator(name string) (Operator, bool) {
	for _, op := range operators {
		if len(op.Name) == len(name) && strings.EqualFold(op.Name, name) {
			return op, true
		}
	}
	return Operator{}, false
}

// isBlank reports whether s has characters and all of them are Unicode white space.
func isBlank(s string) bool { return s != "" && strings.TrimSpace(s) == "" }
