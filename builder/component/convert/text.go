package convert

import (
	"bytes"
	"encoding/binary"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text decodes the script and brings its line ends to their normal form.
func (in ScriptInput) text() (string, error) {
	text, err := in.decode()
	if err != nil {
		return "", err
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	if strings.TrimSpace(text) == "" {
		return "", in.refuse("", "it is empty")
	}
	return strings.TrimRight(text, "\n") + "\n", nil
}

func (in ScriptInput) decode() (string, error) {
	data, isUTF8 := bytes.CutPrefix(in.Data, []byte("\uFEFF"))
	text := string(data)
	if !isUTF8 {
		var err error
		if text, err = in.decode16(text); err != nil {
			return "", err
		}
	}
	switch {
	case !utf8.ValidString(text):
		return "", in.refuse("save it as UTF-8", "it is neither UTF-8 nor UTF-16 with a byte order mark")
	case strings.ContainsRune(text, 0):
		return "", in.refuse("a program cannot be imported as a script; let a component download it", "it holds a NUL byte")
	}
	return text, nil
}

// decode16 converts text that starts with a byte order mark of UTF-16.
func (in ScriptInput) decode16(text string) (string, error) {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case strings.HasPrefix(text, "\xFF\xFE"):
	case strings.HasPrefix(text, "\xFE\xFF"):
		order = binary.BigEndian
	default:
		return text, nil
	}
	data := []byte(text[2:])
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	runes := utf16.Decode(units)
	// A half of a pair decodes to the replacement character; so does the character itself, which is then there as such.
	if len(data)%2 != 0 || slices.Index(runes, utf8.RuneError) >= 0 && !slices.Contains(units, uint16(utf8.RuneError)) {
		return "", in.refuse("save it as UTF-8", "its UTF-16 is damaged")
	}
	return string(runes), nil
}

// Endings of file names that say that a script is not of the platform.
var (
	notUnix    = []string{".ps1", ".psm1", ".bat", ".cmd"}
	notWindows = []string{".sh", ".bash", ".bat", ".cmd"}
)

// checkKind refuses a script of another interpreter, by the name in its address and by its first line.
func (in ScriptInput) checkKind(text string) error {
	name := in.Address
	if i := strings.IndexAny(name, "?#"); i >= 0 {
		name = name[:i]
	}
	ending := strings.ToLower(path.Ext(name))
	switch {
	case in.Platform == windows && slices.Contains(notWindows, ending):
		return in.refuse("import it for Linux, or give a PowerShell script", "a %s file cannot run on Windows as PowerShell", ending)
	case in.Platform == windows:
		return nil
	case slices.Contains(notUnix, ending):
		return in.refuse("import it for Windows, or give a shell script", "a %s file cannot run on %s in bash", ending, in.Platform)
	}
	first, _, _ := strings.Cut(text, "\n")
	line, found := strings.CutPrefix(first, "#!")
	if !found {
		return nil
	}
	switch program := interpreter(line); program {
	case "bash", "sh", "dash", "ash":
		return nil
	default:
		return in.refuse("scripts are run by bash; write a component document whose step starts the other interpreter",
			"its first line names the interpreter %q", program)
	}
}

// interpreter gives the base name of the program in the first line of a script; of env, the program that env starts.
func interpreter(line string) string {
	words := strings.Fields(line)
	if len(words) == 0 {
		return ""
	}
	program := path.Base(words[0])
	if program != "env" {
		return program
	}
	for words = words[1:]; len(words) > 0; words = words[1:] {
		word := words[0]
		switch {
		case slices.Contains([]string{"-u", "--unset", "-C", "--chdir"}, word):
			words = words[min(1, len(words)-1):] // the option's value
		case strings.HasPrefix(word, "--split-string="):
			return path.Base(strings.TrimPrefix(word, "--split-string="))
		case strings.HasPrefix(word, "-S") && word != "-S":
			return path.Base(word[len("-S"):])
		case strings.HasPrefix(word, "-"), strings.Contains(word, "="):
		default:
			return path.Base(word)
		}
	}
	return program
}
