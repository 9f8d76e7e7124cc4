package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/slipway-oci/slipway/runner/execute"
)

// ReadValueMap returns a lookup of the values in a JSON file: name to text, or to {"value": ..., "secure": true}. An
// empty path gives nil. flag names the file in messages.
func ReadValueMap(flag, path string) (execute.Lookup, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	var m map[string]mapValue
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s %q: %w", flag, path, err)
	}
	return func(_ context.Context, name string) (string, bool, error) {
		v, ok := m[name]
		if !ok {
			return "", false, fmt.Errorf("no %q in the file of %s", name, flag)
		}
		return v.Value, v.Secure, nil
	}, nil
}

// mapValue is one value of such a file.
type mapValue struct {
	Value  string
	Secure bool
}

// UnmarshalJSON accepts a text or an object.
func (v *mapValue) UnmarshalJSON(data []byte) error {
	if data = bytes.TrimSpace(data); len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &v.Value)
	}
	type object mapValue
	return json.Unmarshal(data, (*object)(v))
}
