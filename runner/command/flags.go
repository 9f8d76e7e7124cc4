package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-oci/slipway/runner/document/near"
)

// kind says how the value of a flag is written.
type kind int

const (
	text kind = iota
	number
	truth // takes no value, or =true or =false
)

// flag is one flag of a command. Its config key is the name in lower camel case, and extensions can also be set by an
// environment variable.
type flag struct {
	name, short, arg, help string
	kind                   kind
	extension              bool // not in awstoe: the environment variable SLIPWAY_NAME sets it too
	repeated               bool // values of several uses are joined with commas
	notInConfig            bool
}

// key is the name of the flag in the config file: "log-directory" is logDirectory there.
func (f flag) key() string {
	words := strings.Split(f.name, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// variable is the environment variable that sets an extension.
func (f flag) variable() string {
	return "SLIPWAY_" + strings.ToUpper(strings.ReplaceAll(f.name, "-", "_"))
}

// values are the settings of one command by the names of their flags.
type values map[string]string

func (v values) has(name string) bool { _, ok := v[name]; return ok }

// is reports whether a flag without value is on.
func (v values) is(name string) bool { return v[name] == "true" }

// parseFlags reads a command line. There are no arguments besides flags.
func parseFlags(flags []flag, args []string) (values, error) {
	given := values{}
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		name, value, hasValue := strings.Cut(word, "=")
		f, err := findFlag(flags, name)
		if err != nil {
			return nil, err
		}
		if f.kind == truth {
			switch {
			case !hasValue:
				value = "true"
			case value != "true" && value != "false":
				return nil, fmt.Errorf("flag %s takes no value but =true or =false, not %q", name, value)
			}
		} else if !hasValue {
			if len(args) == 0 {
				return nil, fmt.Errorf("flag %s needs a value", name)
			}
			value, args = args[0], args[1:]
		}
		if before, ok := given[f.name]; ok && f.repeated {
			value = before + "," + value
		}
		given[f.name] = value
	}
	return given, nil
}

func findFlag(flags []flag, word string) (flag, error) {
	if !strings.HasPrefix(word, "-") || word == "-" || word == "--" {
		return flag{}, fmt.Errorf("unexpected argument %q: documents are named with --documents", word)
	}
	for _, f := range flags {
		if word == "--"+f.name || f.short != "" && word == "-"+f.short {
			return f, nil
		}
	}
	known := make([]string, len(flags))
	for i, f := range flags {
		known[i] = "--" + f.name
	}
	return flag{}, &unknownFlagError{word, near.Hint(word, known)}
}

// unknownFlagError names a flag that the command does not have.
type unknownFlagError struct{ word, hint string }

func (e *unknownFlagError) Error() string { return fmt.Sprintf("unknown flag %q", e.word) }

// Hint names the flag that was probably meant.
func (e *unknownFlagError) Hint() string { return e.hint }

// flagHelp lists the flags for the help of a command.
func flagHelp(flags []flag) string {
	var b strings.Builder
	for _, f := range flags {
		short := "    "
		if f.short != "" {
			short = "-" + f.short + ", "
		}
		help := f.help
		if f.extension {
			help += " (also " + f.variable() + ")"
		}
		fmt.Fprintf(&b, "  %s--%-34s %s\n", short, strings.TrimSpace(f.name+" "+f.arg), help)
	}
	return b.String()
}

// splitList reads a comma-separated list: spaces around items do not count, empty items are errors.
func splitList(text string) ([]string, error) {
	var list []string
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			return nil, fmt.Errorf("empty item in %q", text)
		}
		list = append(list, item)
	}
	return list, nil
}

// parseParameters reads "n=v,n2=v2"; an item in double quotes may hold commas. A later value outweighs an earlier one.
func parseParameters(text string) (map[string]string, error) {
	parameters := map[string]string{}
	for text != "" {
		var item string
		if rest, quoted := strings.CutPrefix(strings.TrimLeft(text, " "), `"`); quoted {
			var closed bool
			if item, rest, closed = strings.Cut(rest, `"`); !closed {
				return nil, fmt.Errorf("no closing quote behind %q", item)
			}
			rest = strings.TrimLeft(rest, " ")
			if rest != "" && rest[0] != ',' {
				return nil, fmt.Errorf("expected a comma in front of %q", rest)
			}
			text = strings.TrimPrefix(rest, ",")
		} else {
			item, text, _ = strings.Cut(text, ",")
		}
		name, value, ok := strings.Cut(item, "=")
		name = strings.TrimSpace(name)
		switch {
		case !ok:
			return nil, fmt.Errorf("parameter %q: the form is NAME=VALUE", item)
		case name == "" || value == "":
			return nil, fmt.Errorf("parameter %q: name and value are both needed", item)
		}
		parameters[name] = value
	}
	if len(parameters) == 0 {
		return nil, errors.New("no parameters")
	}
	return parameters, nil
}
