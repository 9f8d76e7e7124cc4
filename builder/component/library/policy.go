package library

import (
	"context"
	"encoding/json"
	"unicode/utf8"
)

const maxPolicy = 30_000 // characters

// policy is what is read of a policy document.
type policy struct {
	Statement json.RawMessage
}

// statements gives the statements of a policy; one alone stands for a list.
func (p policy) statements() ([]json.RawMessage, bool) {
	var list []json.RawMessage
	if json.Unmarshal(p.Statement, &list) == nil {
		return list, true
	}
	var one map[string]json.RawMessage
	if json.Unmarshal(p.Statement, &one) != nil || one == nil {
		return nil, false
	}
	return []json.RawMessage{p.Statement}, true
}

// SetPolicy records the policy of the build that a reference names. One with an empty Statement removes it.
func (l *Library) SetPolicy(ctx context.Context, reference, text string) (Component, error) {
	if n := utf8.RuneCountInString(text); n == 0 || n > maxPolicy {
		return Component{}, refuse(InvalidParameterValue, "policy: has %d characters; 1 to %d are allowed", n, maxPolicy)
	}
	var p policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return Component{}, &Error{Code: InvalidParameterValue, Message: "policy: not a JSON object", Err: err}
	}
	statements, ok := p.statements()
	if !ok {
		return Component{}, refuse(InvalidParameterValue, "policy: has no Statement")
	}
	return l.changeOne(ctx, reference, func(c *Component) error {
		if c.Policy = text; len(statements) == 0 {
			c.Policy = ""
		}
		return nil
	})
}

// Policy gives the policy of the build that a reference names.
func (l *Library) Policy(ctx context.Context, reference string) (string, error) {
	c, err := l.Get(ctx, reference)
	if err == nil && c.Policy == "" {
		err = refuse(NotFound, "component %q has no policy", c.Short())
	}
	return c.Policy, err
}

// grants reports whether a policy allows something to somebody.
func grants(text string) bool {
	var p policy
	if text == "" || json.Unmarshal([]byte(text), &p) != nil {
		return false
	}
	statements, _ := p.statements()
	for _, s := range statements {
		var allow struct{ Effect string }
		if json.Unmarshal(s, &allow) == nil && allow.Effect == "Allow" {
			return true
		}
	}
	return false
}
