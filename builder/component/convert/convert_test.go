package convert

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/document"
)

func builtin(tb testing.TB) *action.Set {
	tb.Helper()
	set, err := catalog.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// load parses the document as an import does, and gives the text that the step runs with.
func load(tb testing.TB, set *action.Set, data []byte) (*document.Document, string) {
	tb.Helper()
	doc, problems := document.Load("document", data, set, document.Options{Workflow: true, Strict: true})
	var errs document.Diagnostics
	for _, p := range problems {
		if p.Code != document.CodeUnsupportedPlatform {
			errs = append(errs, p)
		}
	}
	if err := errs.Err(); err != nil {
		tb.Fatalf("%v\n%s", err, data)
	}
	commands := doc.Phases[0].Steps[0].Inputs[0].Keys[0].Value
	if len(commands.List) != 1 {
		tb.Fatalf("%d commands, want 1\n%s", len(commands.List), data)
	}
	text := commands.List[0].Text
	if len(doc.Constants) > 0 {
		if text != "{{ ImportedScript }}" {
			tb.Fatalf("the step runs %q, want the constant", text)
		}
		text = doc.Constants[0].Value
	}
	return doc, text
}

func script(text string) ScriptInput {
	return ScriptInput{Name: "open-ports", Platform: "Linux", Type: "BUILD", Data: []byte(text)}
}

func TestScriptAsSpecified(t *testing.T) {
	got, err := Script(script("#!/bin/bash\necho 'net.core.somaxconn = 1024' > /etc/sysctl.d/90-ports.conf"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `name: open-ports
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: RunScript
        action: ExecuteBash
        inputs:
          commands:
            - |
              #!/bin/bash
              echo 'net.core.somaxconn = 1024' > /etc/sysctl.d/90-ports.conf
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestIMP01IMP02PhaseAndAction(t *testing.T) {
	for _, test := range []struct{ platform, kind, phase, action string }{
		{"Linux", "BUILD", "build", "ExecuteBash"},
		{"Linux", "TEST", "test", "ExecuteBash"},
		{"macOS", "BUILD", "build", "ExecuteBash"},
		{"Windows", "BUILD", "build", "ExecutePowerShell"},
		{"Windows", "TEST", "test", "ExecutePowerShell"},
	} {
		data, err := Script(ScriptInput{Name: "n-a-m-e", Platform: test.platform, Type: test.kind, Data: []byte("exit 0\n")})
		if err != nil {
			t.Fatal(err)
		}
		doc, _ := load(t, builtin(t), data)
		step := doc.Phases[0].Steps[0]
		got := []string{doc.Phases[0].Name, step.Name, step.Action, string(doc.Type())}
		if diff := cmp.Diff([]string{test.phase, "RunScript", test.action, test.kind}, got); diff != "" || len(doc.Phases) != 1 {
			t.Errorf("%s %s (-want +got):\n%s", test.platform, test.kind, diff)
		}
	}
}

func TestIMP03IMP04TextComesBack(t *testing.T) {
	set := builtin(t)
	for _, test := range []struct{ name, in, want string }{
		{"tabs", "if true; then\n\techo a\tb\nfi\n", "if true; then\n\techo a\tb\nfi\n"},
		{"leading blanks", "  echo a\n echo b\n", "  echo a\n echo b\n"},
		{"leading tab", "\techo a\n", "\techo a\n"},
		{"leading empty lines", "\n\n  echo a\n", "\n\n  echo a\n"},
		{"blank lines inside", "a\n   \n\n\t\nb\n", "a\n   \n\n\t\nb\n"},
		{"last line of blanks", "a\n   \n", "a\n   \n"},
		{"comment and quotes", "# a: b\necho 'x' \"y\" # z\n", "# a: b\necho 'x' \"y\" # z\n"},
		{"trailing spaces", "echo a  \necho b\t\n", "echo a  \necho b\t\n"},
		{"escape characters", "printf '\x1b[1m\a\v'\n", "printf '\x1b[1m\a\v'\n"},
		{"backslashes", `C:\new\table` + "\n", `C:\new\table` + "\n"},
		{"YAML's words", "---\n- a\n...\n%YAML\n", "---\n- a\n...\n%YAML\n"},
		{"line breaks of Unicode", "a\u0085b\u2028c\u2029d\n", "a\u0085b\u2028c\u2029d\n"},
		{"a mark inside", "a\uFEFFb\u200Bc\uFFFE\n", "a\uFEFFb\u200Bc\uFFFE\n"},
		{"beyond 16 bits", "echo 🚢 é\n", "echo 🚢 é\n"},
		{"a reference", "echo {{ Name }}\n", "echo {{ Name }}\n"},
		{"an unclosed reference", "echo '{{'\n", "echo '{{'\n"},
		{"CRLF", "a\r\nb\r\n", "a\nb\n"},
		{"lone CR", "a\rb\r", "a\nb\n"},
		{"no last newline", "a\nb", "a\nb\n"},
		{"several last newlines", "a\n\n\r\n\n", "a\n"},
		{"a long line", " " + strings.Repeat("x ", 40_000)[:60_000] + "y", " " + strings.Repeat("x ", 40_000)[:60_000] + "y\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			data, err := Script(script(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if _, got := load(t, set, data); got != test.want {
				t.Errorf("got %q, want %q\n%s", got, test.want, data)
			}
		})
	}
}

func encode16(order binary.AppendByteOrder, text string) []byte {
	var data []byte
	for _, unit := range utf16.Encode([]rune("\uFEFF" + text)) {
		data = order.AppendUint16(data, unit)
	}
	return data
}

func TestIMP05Encodings(t *testing.T) {
	set := builtin(t)
	for name, data := range map[string][]byte{
		"UTF-8 mark":           []byte("\uFEFFecho é🚢"),
		"UTF-16 little-endian": encode16(binary.LittleEndian, "echo é🚢"),
		"UTF-16 big-endian":    encode16(binary.BigEndian, "echo é🚢"),
	} {
		in := script("")
		in.Data = data
		made, err := Script(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, got := load(t, set, made); got != "echo é🚢\n" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for _, test := range []struct{ name, data, want string }{
		{"Latin-1", "echo caf\xe9\n", "script: it is neither UTF-8 nor UTF-16 with a byte order mark"},
		{"NUL", "echo a\x00b\n", "script: it holds a NUL byte"},
		{"half a pair", string(encode16(binary.LittleEndian, "echo "))[:12] + "\x00\xd8", "script: its UTF-16 is damaged"},
		{"odd length", string(encode16(binary.LittleEndian, "echo")) + "x", "script: its UTF-16 is damaged"},
		{"white space", " \t\r\n\u00A0\n", "script: it is empty"},
		{"nothing", "", "script: it is empty"},
		{"a mark alone", "\xff\xfe", "script: it is empty"},
	} {
		if _, err := Script(script(test.data)); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestIMP06BracesStandInAConstant(t *testing.T) {
	for _, text := range []string{
		"docker ps --format '{{ .Names }}'\n", "echo '{{ loop.value }}'\n", "echo '{{ secrets.X }}'\n", "echo {{ build.A.outputs.stdout }}\n",
	} {
		data, err := Script(script(text))
		if err != nil {
			t.Fatal(err)
		}
		doc, got := load(t, builtin(t), data)
		if got != text || len(doc.Constants) != 1 || doc.Constants[0].Name != "ImportedScript" {
			t.Errorf("got %q in %v, want %q", got, doc.Constants, text)
		}
	}
}

func TestIMP07FirstLine(t *testing.T) {
	for _, line := range []string{
		"echo", "#!/bin/sh", "#!/bin/bash -eu", "#! /usr/bin/bash", "#!/usr/bin/env bash", "#!/usr/bin/env -S bash -e", "#!/usr/bin/env -i PATH=/bin sh",
		"#!/usr/bin/env -u HOME dash", "#!/usr/bin/env -Sbash", "#!/usr/bin/env --split-string=bash -e", "#!/bin/busybox/ash", "# !/usr/bin/python",
	} {
		if _, err := Script(script(line + "\ntrue\n")); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, test := range []struct{ line, program string }{
		{"#!/usr/bin/env python3", "python3"},
		{"#!/usr/bin/perl -w", "perl"},
		{"#!/usr/bin/env -S node --x", "node"},
		{"#!/bin/zsh", "zsh"},
		{"#!/usr/bin/env", "env"},
		{"#!/usr/bin/env -u", "env"},
		{"#!", ""},
	} {
		_, err := Script(script(test.line + "\ntrue\n"))
		if want := `script: its first line names the interpreter "` + test.program + `"`; err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", test.line, err, want)
		}
	}
	in := script("#!/usr/bin/env python3\n")
	in.Platform = "Windows" // a comment of PowerShell
	if _, err := Script(in); err != nil {
		t.Error(err)
	}
}

func TestIMP08NameInTheAddress(t *testing.T) {
	for _, test := range []struct {
		platform, address string
		want              string // "" when accepted
	}{
		{"Linux", "https://example.com/a.sh", ""},
		{"Linux", "s3://bucket/a", ""},
		{"Linux", "s3://bucket/a.ps1", `script "s3://bucket/a.ps1": a .ps1 file cannot run on Linux in bash`},
		{"Linux", "https://example.com/A.PSM1?x=.sh#y", `script "https://example.com/A.PSM1?x=.sh#y": a .psm1 file cannot run on Linux in bash`},
		{"macOS", "file:///a.bat", `script "file:///a.bat": a .bat file cannot run on macOS in bash`},
		{"Linux", "https://example.com/a.sh?x=.ps1", ""},
		{"Windows", "https://example.com/a.ps1", ""},
		{"Windows", "https://example.com/a.SH?versionId=1", `script "https://example.com/a.SH?versionId=1": a .sh file cannot run on Windows as PowerShell`},
		{"Windows", "file:///a.cmd", `script "file:///a.cmd": a .cmd file cannot run on Windows as PowerShell`},
	} {
		in := script("exit 0\n")
		in.Platform, in.Address = test.platform, test.address
		_, err := Script(in)
		if got := errorText(err); got != test.want {
			t.Errorf("%s on %s: got %q, want %q", test.address, test.platform, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestIMP09UnknownTypeAndPlatform(t *testing.T) {
	in := script("true\n")
	in.Type = ""
	if _, err := Script(in); errorText(err) != `script: type "" is neither BUILD nor TEST` {
		t.Error(err)
	}
	in = script("true\n")
	in.Platform = "BeOS"
	if _, err := Script(in); errorText(err) != `script: platform "BeOS" is not one of Linux, Windows and macOS` {
		t.Error(err)
	}
}

func TestIMP10NameAndDescription(t *testing.T) {
	set := builtin(t)
	for _, name := range []string{"open-ports", "Open Ports", "true", "0123", "---", "- x", "null"} {
		for _, description := range []string{"", "Opens the ports.", "a: b # c", "line\nline", "{{ Name }}", "'", "no"} {
			in := script("true\n")
			in.Name, in.Description = name, description
			data, err := Script(in)
			if err != nil {
				t.Fatal(err)
			}
			doc, _ := load(t, set, data)
			if doc.Name != name || doc.Description != description {
				t.Errorf("got %q, %q, want %q, %q\n%s", doc.Name, doc.Description, name, description, data)
			}
			if bytes.Contains(data, []byte("description:")) != (description != "") {
				t.Errorf("description %q:\n%s", description, data)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	for _, test := range []struct {
		name, address, data string
		want, hint          string
	}{
		{"longest inline", "", "#" + strings.Repeat("x", document.MaxInline-1), "", ""},
		{"inline", "", "#" + strings.Repeat("x", document.MaxInline), "script: it has 65536 bytes; a script inside a request has at most 65535", "give its address (uri) instead of the text"},
		{"long", "s3://b/k", "#" + strings.Repeat("x", document.MaxInline), "", ""},
		{"too long", "s3://b/k", strings.Repeat("x", document.MaxFile+1), `script "s3://b/k": it has 1048577 bytes; at most 1048576 are allowed`, "split the script, or let a short one download the rest"},
		{"grows too long", "s3://b/k", strings.Repeat("x\n", document.MaxFile/2), `script "s3://b/k": the document made of it has 8388783 bytes; at most 1048576 are allowed`, "split the script, or let a short one download the rest"},
	} {
		in := script(test.data)
		in.Address = test.address
		_, err := Script(in)
		var refused *Error
		if got := errorText(err); got != test.want || test.want != "" && (!errors.As(err, &refused) || refused.Hint() != test.hint) {
			t.Errorf("%s: got %q (hint %v), want %q", test.name, got, refused, test.want)
		}
	}
}

// FuzzScript: whatever the script is, it is refused or comes back as it was.
func FuzzScript(f *testing.F) {
	for _, text := range []string{
		"#!/bin/bash\necho a\n", "  a\n", "\ta\n", "a\n \n", "{{ x }}", "{{\n", "\x1b\u0085\u2028", "a\r\nb", "\xff\xfea\x00", "- a: |\n  b\n", "a\t\n# b\n", "a\n\u00a0\n",
	} {
		f.Add(text, "description")
	}
	set := builtin(f)
	f.Fuzz(func(t *testing.T, text, description string) {
		in := script(text)
		in.Description = description
		data, err := Script(in)
		if err != nil {
			return
		}
		want, err := in.text()
		if err != nil {
			t.Fatal(err)
		}
		doc, got := load(t, set, data)
		if got != want {
			t.Fatalf("got %q, want %q\n%s", got, want, data)
		}
		if utf8.ValidString(description) && !strings.ContainsRune(description, 0) && doc.Description != description {
			t.Fatalf("description %q, want %q", doc.Description, description)
		}
	})
}
