package execute

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/expr"
)

// list evaluates the values of the step's loop, once.
func (r *stepRun) list() error {
	loop := r.step.Loop
	switch {
	case loop == nil:
		return nil
	case loop.For != nil:
		return r.count(loop.For)
	}
	expand := r.expander(noIteration)
	r.items = []string{}
	if loop.Each.List == nil {
		for _, item := range loop.Each.Items {
			text, err := expand(item.Text)
			if err != nil {
				return err
			}
			r.items = append(r.items, text)
		}
		return nil
	}
	text, err := expand(loop.Each.List.Text)
	if err != nil {
		return err
	}
	delimiter, ok := expr.Delimiter(loop.Each.Delimiter)
	if !ok {
		if loop.Each.Delimiter != "" {
			return fmt.Errorf("loop delimiter %q is not allowed", loop.Each.Delimiter)
		}
		delimiter = expr.DefaultDelimiter
	}
	r.items = append(r.items, expr.Split(text, delimiter)...)
	return nil
}

// maxIterations bounds a counting loop: its values are kept in memory and in the state file.
const maxIterations = 1_000_000

func (r *stepRun) count(loop *document.ForLoop) error {
	var bounds [3]int64
	for i, text := range []string{loop.Start, loop.End, loop.UpdateBy} {
		value, err := r.staticOnly(text)
		if err != nil {
			return err
		}
		if bounds[i], err = strconv.ParseInt(value, 10, 64); err != nil {
			return fmt.Errorf("loop bound %q is not an integer", value)
		}
	}
	start, end, by := bounds[0], bounds[1], bounds[2]
	if err := expr.CheckCount(start, end, by); err != nil {
		return err
	}
	for value, more := start, true; more; value, more = expr.NextCount(value, end, by) {
		if len(r.items) == maxIterations {
			return fmt.Errorf("loop from %d to %d by %d has more than %d iterations", start, end, by, maxIterations)
		}
		r.items = append(r.items, strconv.FormatInt(value, 10))
	}
	return nil
}

// joinIterations joins the outputs of a loop's iterations: entry by entry, the texts of each key by newlines. Lists
// are appended to each other. With whole set the objects themselves are appended: the summaries of nested documents.
func joinIterations(iterations [][]map[string]any, whole bool) []map[string]any {
	var joined []map[string]any
	for _, outputs := range iterations {
		for n, o := range outputs {
			if whole {
				joined = append(joined, o)
				continue
			}
			if n >= len(joined) {
				joined = append(joined, map[string]any{})
			}
			for key, v := range o {
				joined[n][key] = joinValue(joined[n][key], v)
			}
		}
	}
	for _, o := range joined {
		for key, v := range o {
			if lines, ok := v.(textLines); ok {
				o[key] = strings.Join(lines, "\n")
			}
		}
	}
	return joined
}

// textLines are the texts of one key while they are collected.
type textLines []string

func joinValue(have, v any) any {
	if text, ok := scalarText(v); ok {
		lines, _ := have.(textLines)
		return append(lines, text)
	}
	var list []any
	if l, ok := have.([]any); ok {
		list = l
	}
	switch v := v.(type) {
	case []any:
		return append(list, v...)
	case []string:
		for _, s := range v {
			list = append(list, s)
		}
		return list
	default:
		return append(list, v)
	}
}

// sameTexts reports whether masking left an output as it was.
func sameTexts(a, b any) bool {
	switch a := a.(type) {
	case string:
		return a == b
	case []string:
		other, _ := b.([]string)
		for i := range a {
			if i >= len(other) || a[i] != other[i] {
				return false
			}
		}
	case []any:
		other, _ := b.([]any)
		for i := range a {
			if i >= len(other) || !sameTexts(a[i], other[i]) {
				return false
			}
		}
	case map[string]any:
		other, _ := b.(map[string]any)
		for k := range a {
			if !sameTexts(a[k], other[k]) {
				return false
			}
		}
	}
	return true
}
