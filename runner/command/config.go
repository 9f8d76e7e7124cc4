package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/action"
)

// maxConfig is the size limit of a config file.
const maxConfig = 1 << 20

// config is a config file (component-document reference, 7.3).
type config struct {
	settings   values // by the names of flags
	documents  []runner.DocumentInput
	parameters map[string]string
	warnings   []string
}

// readConfig reads the config file at a path or s3:// location.
func readConfig(ctx context.Context, location string, modules *action.Set, environ []string) (config, error) {
	data, err := runner.ReadFile(ctx, location, modules, environ, maxConfig+1)
	if err != nil {
		return config{}, fmt.Errorf("config file: %w", err)
	}
	c, err := parseConfig(data)
	if err != nil {
		return config{}, fmt.Errorf("config file %q: %w", location, err)
	}
	return c, nil
}

func parseConfig(data []byte) (config, error) {
	if len(data) > maxConfig {
		return config{}, fmt.Errorf("larger than %d bytes", maxConfig)
	}
	if !utf8.Valid(data) {
		return config{}, errors.New("not UTF-8")
	}
	var object map[string]json.RawMessage
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := json.Unmarshal(data, &object); err != nil {
		return config{}, err
	}
	c := config{settings: values{}}
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		if err := c.set(key, object[key]); err != nil {
			return config{}, fmt.Errorf("%q: %w", key, err)
		}
	}
	if len(c.documents) == 0 {
		return config{}, errors.New(`"documents" must name at least one document`)
	}
	return c, nil
}

// set takes over one key.
func (c *config) set(key string, value json.RawMessage) (err error) {
	switch key {
	case "documents":
		c.documents, err = configDocuments(value)
		return err
	case "parameters":
		c.parameters, err = configParameters(value)
		return err
	case "phases":
		var list []string
		if json.Unmarshal(value, &list) == nil && list != nil {
			c.settings["phases"] = strings.Join(list, ",")
			return nil
		}
	case "executonId": // this spelling is in circulation
		key = "executionId"
	}
	for _, f := range runFlags {
		if f.notInConfig || f.key() != key {
			continue
		}
		text, ok, err := scalarText(value)
		if ok {
			c.settings[f.name] = text
		}
		return err
	}
	c.warnings = append(c.warnings, fmt.Sprintf("config file: unknown key %q is ignored", key))
	return nil
}

// scalarText is the text of a JSON string, number or boolean; ok is false for null.
func scalarText(value json.RawMessage) (text string, ok bool, err error) {
	value = bytes.TrimSpace(value)
	switch value[0] {
	case '"':
		err = json.Unmarshal(value, &text)
		return text, err == nil, err
	case '{', '[':
		return "", false, errors.New("a text is needed")
	}
	if string(value) == "null" {
		return "", false, nil
	}
	return string(value), true, nil
}

func configDocuments(value json.RawMessage) ([]runner.DocumentInput, error) {
	var list []struct {
		Path       string
		Parameters json.RawMessage
	}
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, err
	}
	documents := make([]runner.DocumentInput, 0, len(list))
	for i, d := range list {
		if d.Path == "" {
			return nil, fmt.Errorf("document %d has no path", i+1)
		}
		parameters, err := configParameters(d.Parameters)
		if err != nil {
			return nil, fmt.Errorf("document %q: %w", d.Path, err)
		}
		documents = append(documents, runner.DocumentInput{Location: d.Path, Parameters: parameters})
	}
	return documents, nil
}

func configParameters(value json.RawMessage) (map[string]string, error) {
	if len(value) == 0 {
		return nil, nil
	}
	var list []struct{ Name, Value json.RawMessage }
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, err
	}
	parameters := map[string]string{}
	for i, p := range list {
		if len(p.Name) == 0 || len(p.Value) == 0 {
			return nil, fmt.Errorf("parameter %d: name and value are both needed", i+1)
		}
		name, _, err := scalarText(p.Name)
		if err != nil {
			return nil, err
		}
		text, ok, err := scalarText(p.Value)
		switch {
		case err != nil:
			return nil, err
		case name == "" || !ok:
			return nil, fmt.Errorf("parameter %d: name and value are both needed", i+1)
		}
		if _, twice := parameters[name]; twice {
			return nil, fmt.Errorf("parameter %q is there twice", name)
		}
		parameters[name] = text
	}
	return parameters, nil
}
