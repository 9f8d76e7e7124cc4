package expr

import (
	"fmt"
	"strings"
)

// InfiniteError says that a counting loop would never reach its end.
type InfiniteError struct{ Start, End, UpdateBy int64 }

// Error names the three numbers.
func (e *InfiniteError) Error() string {
	if e.UpdateBy == 0 {
		return "a loop by 0 never ends"
	}
	return fmt.Sprintf("loop from %d to %d by %d never ends", e.Start, e.End, e.UpdateBy)
}

// Hint says which sign the stride must have.
func (e *InfiniteError) Hint() string {
	if e.UpdateBy == 0 {
		return "updateBy must not be 0"
	}
	if e.Start > e.End {
		return "updateBy must be negative to count downwards"
	}
	return "updateBy must be positive to count upwards"
}

// CheckCount returns an *InfiniteError unless a loop from start by updateBy comes to its end.
func CheckCount(start, end, updateBy int64) error {
	if updateBy == 0 || start < end && updateBy < 0 || start > end && updateBy > 0 {
		return &InfiniteError{start, end, updateBy}
	}
	return nil
}

// NextCount returns the value behind current of a counting loop; more is false when current was the last one. A step
// that would overflow ends the loop.
func NextCount(current, end, updateBy int64) (next int64, more bool) {
	next = current + updateBy
	if updateBy > 0 {
		return next, next > current && next <= end
	}
	return next, next < current && next >= end
}

// DefaultDelimiter separates the elements of a loop's list when the document names no other.
const DefaultDelimiter = ","

// Delimiter returns the character that a delimiter as written stands for: one of the nine allowed ones, or a newline or
// tab written as backslash and letter.
func Delimiter(written string) (string, bool) {
	switch written {
	case `\n`:
		return "\n", true
	case `\t`:
		return "\t", true
	}
	return written, len(written) == 1 && strings.Contains(".,;:\n\t -_", written)
}

// Split cuts the text of a loop's list at delimiter. Elements stay as they are, empty ones too; only at newlines a
// carriage return at the end of an element goes, and an empty text has no elements.
func Split(text, delimiter string) []string {
	if text == "" {
		return nil
	}
	items := strings.Split(text, delimiter)
	if delimiter == "\n" {
		for i := range items {
			items[i] = strings.TrimSuffix(items[i], "\r")
		}
	}
	return items
}
