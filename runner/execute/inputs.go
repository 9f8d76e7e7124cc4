package execute

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/expr"
	"github.com/slipway-oci/slipway/runner/report"
)

type expander func(text string) (string, error)

// entries returns the step's inputs for iteration i: resolved, of the types that the action asks for, and checked.
func (r *stepRun) entries(i int) ([]action.Entry, error) {
	expand := r.expander(i)
	entries := make([]action.Entry, 0, len(r.step.Inputs))
	for _, in := range r.step.Inputs {
		in, err := in.Expand(expand)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.spec.Name, err)
		}
		e, err := document.Entry(r.spec, in)
		if err != nil {
			return nil, err
		}
		if c, ok := e[action.ConditionKey].(expr.Condition); ok {
			e[action.ConditionKey] = assertion{c, expand}
		}
		entries = append(entries, e)
	}
	r.showResolved()
	return entries, nil
}

// expander resolves the references of a text as they stand in iteration i.
func (r *stepRun) expander(i int) expander {
	resolve := r.resolver(i, 0)
	return func(text string) (string, error) { return expr.Expand(text, resolve) }
}

// showResolved sends the inputs to the log as they are once resolved; those of a loop keep its references.
func (r *stepRun) showResolved() {
	if r.inputsShown {
		return
	}
	r.inputsShown = true
	dynamic := false
	eachText(r.step, func(text string) { dynamic = dynamic || expr.HasRef(text) })
	if dynamic {
		r.emit(r.pos, report.StepInputs{Inputs: r.shownInputs(r.forLog)})
	}
}

// shownInputs is the JSON of the inputs for the log: every key that the action knows, absent ones with their default.
// Texts that cannot be expanded stay as written, and secrets are masked here, before they become JSON.
func (r *stepRun) shownInputs(expand expander) string {
	if r.step.DisableLogging {
		return report.Concealed
	}
	if r.module == nil {
		return "[]"
	}
	show := func(text string) (string, error) {
		if expanded, err := expand(text); err == nil {
			text = expanded
		}
		return r.Recorder.Masker().Text(action.ValidText(text)), nil
	}
	b := []byte{'['}
	for n := range r.step.Inputs {
		if n > 0 {
			b = append(b, ',')
		}
		if c := r.step.Inputs[n].Condition; c != nil {
			b = appendCondition(b, c)
			continue
		}
		b = append(b, '{')
		for i, in := range r.spec.Inputs {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSON(b, in.Name), ':')
			b = appendJSON(b, shownValue(in, r.step.Inputs[n].Keys, show))
		}
		b = append(b, '}')
	}
	return string(append(b, ']'))
}

// shownValue is the value of one input for the log, or its default.
func shownValue(in action.Input, keys []document.Key, show expander) any {
	for _, key := range keys {
		if key.Name == in.Name {
			v, err := key.Value.Expand(show)
			if err != nil {
				return nil
			}
			return plainValue(in.Type, v)
		}
	}
	switch in.Type {
	case action.Integer:
		n, _ := strconv.ParseInt(in.Default, 10, 64)
		return n
	case action.Boolean:
		return in.Default == "true"
	case action.StringList, action.StringMap, action.MapList, action.Condition, action.Any:
		return nil
	case action.String:
	}
	return in.Default
}

// plainValue is a value as JSON shows it.
func plainValue(t action.Type, v document.Value) any {
	switch v.Kind {
	case document.Sequence:
		list := make([]any, len(v.List))
		for i, item := range v.List {
			list[i] = plainValue(action.String, item)
		}
		return list
	case document.Mapping:
		m := make(map[string]any, len(v.Map))
		for _, key := range v.Map {
			m[key.Name] = plainValue(action.String, key.Value)
		}
		return m
	case document.Scalar:
	}
	if t == action.Integer {
		if n, ok := v.Int(); ok {
			return n
		}
	}
	if t == action.Boolean {
		if b, ok := v.Bool(); ok {
			return b
		}
	}
	return v.Text
}

// appendJSON appends v as JSON on one line, without HTML escapes.
func appendJSON(b []byte, v any) []byte {
	if text, ok := v.(string); ok {
		return report.AppendString(b, text)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return append(b, "null"...)
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// appendCondition appends a condition as it was written.
func appendCondition(b []byte, c *document.Condition) []byte {
	b = append(appendJSON(append(b, '{'), c.Operator), ':')
	if len(c.Terms) > 0 {
		b = append(b, '[')
		for i := range c.Terms {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCondition(b, &c.Terms[i])
		}
		b = append(b, ']')
	} else {
		b = appendJSON(b, c.Operand.Text)
	}
	if c.Value != nil {
		b = appendJSON(append(b, `,"value":`...), c.Value.Text)
	}
	if c.Path != nil {
		b = appendJSON(append(b, `,"path":`...), c.Path.Text)
	}
	return append(b, '}')
}
