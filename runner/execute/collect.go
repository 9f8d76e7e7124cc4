package execute

import (
	"bytes"
	"encoding/json"

	"github.com/slipway-oci/slipway/runner/action"
)

// collection is what the iterations of a loop left so far: entry by entry, the texts of each key joined by newlines,
// lists appended to each other. An iteration without outputs costs nothing.
type collection struct {
	completed int
	cut       bool // a text was cut for its size
	masked    bool // an output held a secret
	outputs   []map[string]any
}

// joined is a text while it grows.
type joined struct {
	text []byte
	full bool
}

func (j *joined) add(text string) {
	switch {
	case j.full:
	case len(j.text)+1+len(text) <= action.MaxText:
		j.text = append(append(j.text, '\n'), text...)
	default:
		part, _ := action.CutText(text, max(0, action.MaxText-1-len(j.text)))
		j.text = append(append(append(j.text, '\n'), part...), action.Truncated...)
		j.full = true
	}
}

// add takes the outputs of one more iteration. With whole set the objects themselves are appended: the summaries of
// nested documents.
func (c *collection) add(outputs []map[string]any, whole bool) {
	c.completed++
	for n, o := range outputs {
		if whole {
			c.outputs = append(c.outputs, o)
			continue
		}
		if n >= len(c.outputs) {
			c.outputs = append(c.outputs, make(map[string]any, len(o)))
		}
		for key, v := range o {
			c.outputs[n][key] = c.join(c.outputs[n][key], v)
		}
	}
}

func (c *collection) join(have, v any) any {
	if text, ok := scalarText(v); ok {
		switch have := have.(type) {
		case *joined:
			have.add(text)
			c.cut = c.cut || have.full
			return have
		case string: // from before a restart
			return c.join(&joined{text: []byte(have)}, v)
		}
		return &joined{text: []byte(text)}
	}
	list, _ := have.([]any)
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

// joined returns the outputs as they are now.
func (c *collection) joined() []map[string]any {
	var list []map[string]any
	for _, o := range c.outputs {
		whole := make(map[string]any, len(o))
		for key, v := range o {
			if j, ok := v.(*joined); ok {
				v = string(j.text)
			}
			whole[key] = v
		}
		list = append(list, whole)
	}
	return list
}

// savedCollection is a collection in the state file.
type savedCollection struct {
	Completed int              `json:"completed"`
	Cut       bool             `json:"cut,omitempty"`
	Masked    bool             `json:"masked,omitempty"`
	Outputs   []map[string]any `json:"outputs,omitempty"`
}

// MarshalJSON writes the collection for the state file.
func (c *collection) MarshalJSON() ([]byte, error) {
	return json.Marshal(savedCollection{c.completed, c.cut, c.masked, c.joined()})
}

// UnmarshalJSON reads a collection back; it goes on as if there had been no restart.
func (c *collection) UnmarshalJSON(text []byte) error {
	var saved savedCollection
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&saved); err != nil {
		return err
	}
	*c = collection{saved.Completed, saved.Cut, saved.Masked, saved.Outputs}
	return nil
}
