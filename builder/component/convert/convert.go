// Package convert makes component documents of scripts. Script is its only entry point: a pure function whose result
// depends on its input alone, so that importing a script twice gives the same document.
package convert

import (
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/runner/document"
)

// ScriptInput is a script and what a component made of it is to be.
type ScriptInput struct {
	Name, Description string // of the component; Description may be empty
	Platform          string // "Linux", "Windows" or "macOS"
	Type              string // "BUILD" or "TEST"
	Address           string // where the script was read from, "" when it was given directly
	Data              []byte // as read
}

const (
	windows  = "Windows"
	stepName = "RunScript"
	constant = "ImportedScript"
)

var (
	phases  = map[string]string{"BUILD": "build", "TEST": "test"}
	actions = map[string]string{"Linux": "ExecuteBash", "macOS": "ExecuteBash", windows: "ExecutePowerShell"}
)

// Script gives the document with one phase and one step that runs the script. Parsing the document gives the script
// back byte for byte, in UTF-8 with LF at the ends of lines and one at the end. A script that holds "{{" stands in a
// constant, so that none of it is read as a reference. Every refusal is an *Error.
func Script(in ScriptInput) ([]byte, error) {
	phase, action := phases[in.Type], actions[in.Platform]
	switch {
	case phase == "":
		return nil, in.refuse("", "type %q is neither BUILD nor TEST", in.Type)
	case action == "":
		return nil, in.refuse("", "platform %q is not one of Linux, Windows and macOS", in.Platform)
	}
	if err := in.checkSize(); err != nil {
		return nil, err
	}
	text, err := in.text()
	if err != nil {
		return nil, err
	}
	if err := in.checkKind(text); err != nil {
		return nil, err
	}
	data := []byte(in.document(phase, action, text))
	if len(data) > document.MaxFile {
		return nil, in.refuse("split the script, or let a short one download the rest",
			"the document made of it has %d bytes; at most %d are allowed", len(data), document.MaxFile)
	}
	return data, nil
}

func (in ScriptInput) checkSize() error {
	switch {
	case in.Address == "" && len(in.Data) > document.MaxInline:
		return in.refuse("give its address (uri) instead of the text",
			"it has %d bytes; a script inside a request has at most %d", len(in.Data), document.MaxInline)
	case len(in.Data) > document.MaxFile:
		return in.refuse("split the script, or let a short one download the rest",
			"it has %d bytes; at most %d are allowed", len(in.Data), document.MaxFile)
	}
	return nil
}

// document writes the YAML.
func (in ScriptInput) document(phase, action, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\n", scalar(in.Name))
	if in.Description != "" {
		fmt.Fprintf(&b, "description: %s\n", scalar(in.Description))
	}
	b.WriteString("schemaVersion: 1.0\n")
	item := ""
	if strings.Contains(text, "{{") {
		fmt.Fprintf(&b, "constants:\n  - %s:\n      type: string\n      value: %s\n", constant, block(text, 8))
		item = "'{{ " + constant + " }}'"
	} else {
		item = block(text, 14)
	}
	fmt.Fprintf(&b, "phases:\n  - name: %s\n    steps:\n      - name: %s\n        action: %s\n", phase, stepName, action)
	fmt.Fprintf(&b, "        inputs:\n          commands:\n            - %s\n", item)
	return b.String()
}

// Error says why a script cannot be imported.
type Error struct {
	Address string // of the script, may be empty
	Message string
	Advice  string // may be empty
}

func (e *Error) Error() string {
	if e.Address == "" {
		return "script: " + e.Message
	}
	return fmt.Sprintf("script %q: %s", e.Address, e.Message)
}

// Hint says how to mend it.
func (e *Error) Hint() string { return e.Advice }

func (in ScriptInput) refuse(advice, format string, args ...any) *Error {
	return &Error{Address: in.Address, Message: fmt.Sprintf(format, args...), Advice: advice}
}
