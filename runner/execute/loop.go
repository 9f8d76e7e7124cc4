package execute

import (
	"fmt"
	"math"
	"strconv"

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
	if loop.Each.List == nil {
		list := make([]string, 0, len(loop.Each.Items))
		for _, item := range loop.Each.Items {
			text, err := expand(item.Text)
			if err != nil {
				return err
			}
			list = append(list, text)
		}
		r.items = listed(list)
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
	r.items = listed(expr.Split(text, delimiter))
	return nil
}

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
	r.items = counted(start, end, by)
	return nil
}

// series is the values of a loop. Those of a counting loop are made when they are asked for.
type series struct {
	list      []string
	start, by int64
	count     int
}

func listed(list []string) series { return series{list: list, count: len(list)} }

// counted returns start, start+by and so on, while not past end. The three are checked.
func counted(start, end, by int64) series {
	// The distance of two integers may be too large for a signed one.
	distance, stride := uint64(end)-uint64(start), uint64(by) //nolint:gosec // right modulo 2^64
	if by < 0 {
		distance, stride = uint64(start)-uint64(end), -uint64(by) //nolint:gosec // as above
	}
	return series{start: start, by: by, count: int(min(distance/stride, math.MaxInt-1)) + 1}
}

// value returns the value of iteration i.
func (s series) value(i int) string {
	if s.list != nil {
		return s.list[i]
	}
	return strconv.FormatInt(s.start+int64(i)*s.by, 10)
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
