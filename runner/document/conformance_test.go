package document_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/document"
)

// row is one clause: a document and the diagnostics it must give.
type row struct {
	name string
	text string
	opts document.Options
	want []string // "severity code line:column"
	near string   // text that a message or hint must hold
}

// load returns the diagnostics of a document in the form of row.want, and all text of them.
func load(t *testing.T, text string, o document.Options) (codes []string, all string) {
	t.Helper()
	_, ds := document.Load("doc.yaml", []byte(text), modules(t), o)
	var b strings.Builder
	for _, d := range ds {
		codes = append(codes, fmt.Sprintf("%s %s %d:%d", d.Severity, d.Code, d.Pos.Line, d.Pos.Column))
		fmt.Fprintf(&b, "%s\n%s\n", d, d.Hint)
	}
	return codes, b.String()
}

func (r row) run(t *testing.T) {
	t.Helper()
	t.Run(r.name, func(t *testing.T) {
		got, all := load(t, r.text, r.opts)
		if diff := cmp.Diff(r.want, got); diff != "" {
			t.Errorf("diagnostics (-want +got):\n%s\n%s\n%s", diff, all, numbered(r.text))
		}
		if !strings.Contains(all, r.near) {
			t.Errorf("no message or hint holds %q:\n%s", r.near, all)
		}
	})
}

func numbered(text string) string {
	var b strings.Builder
	for i, l := range strings.Split(text, "\n") {
		if i < 60 {
			fmt.Fprintf(&b, "%3d %s\n", i+1, l)
		}
	}
	return b.String()
}

const (
	// The steps of a document with this head begin on line 5.
	head = "schemaVersion: 1.0\nphases:\n- name: build\n  steps:\n"
	echo = "  - {name: Echo, action: ExecuteBash, inputs: {commands: [echo 1]}}\n"
)

// step is a document with one step of ExecuteBash that has these further lines, the first of them on line 8.
func step(lines ...string) string {
	return head + "  - name: Step\n    action: ExecuteBash\n    inputs: {commands: [echo 1]}\n" + indent(lines)
}

// act is a document with one step of this action with these lines under inputs, the first of them on line 8.
func act(action string, lines ...string) string {
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return head + "  - name: Step\n    action: " + action + "\n    inputs:\n" + indent(lines)
}

func indent(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("    " + l + "\n")
	}
	return b.String()
}

// phases is a document with these phases of one step each, the names of the phases on lines 3, 5, 7.
func phases(names ...string) string {
	var b strings.Builder
	b.WriteString("schemaVersion: 1.0\nphases:\n")
	for _, n := range names {
		fmt.Fprintf(&b, "- name: %s\n  steps: [{name: Echo, action: ExecuteBash, inputs: {commands: [echo 1]}}]\n", n)
	}
	return b.String()
}

// command is a document with one ExecuteBash step whose one command stands on line 13, and with a parameter Name, a
// constant Pages and a step Before.
func command(text string) string {
	return declarations + "  - name: Step\n    action: ExecuteBash\n    inputs:\n      commands:\n      - " + text + "\n"
}

const declarations = `name: Test
schemaVersion: 1.0
parameters: [{Name: {type: string, default: x}}]
constants: [{Pages: {type: string, value: 'a,b'}}]
phases:
- name: build
  steps:
  - {name: Before, action: ExecuteBash, inputs: {commands: [echo 1]}}
`

func TestConformance(t *testing.T) {
	groups := []map[string][]row{documentRows(), variableRows(), referenceRows(), loopRows(), conditionRows()}
	seen := map[string]bool{}
	for _, g := range groups {
		for id, rows := range g {
			if seen[id] {
				t.Fatalf("%s is listed twice", id)
			}
			seen[id] = true
			t.Run(id, func(t *testing.T) {
				for _, r := range rows {
					r.run(t)
				}
			})
		}
	}
	t.Run("VAR-10", func(t *testing.T) {
		doc := parsed(t, "parameters:\n- Empty: {type: string, default: ''}\n- None: {type: string, default: }\n"+head+echo)
		if diff := cmp.Diff(map[string]string{"Empty": ""}, doc.Variables(nil)); diff != "" {
			t.Errorf("values (-want +got):\n%s", diff)
		}
	})
}

func utf16le(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// sized is a valid document of exactly n bytes.
func sized(n int) string {
	doc := head + echo + "# "
	return doc + strings.Repeat("x", n-len(doc)-1) + "\n"
}

func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

func documentRows() map[string][]row {
	errs := func(want ...string) []string { return want }
	version := func(v string) string { return strings.Replace(head+echo, "1.0", v, 1) }
	return map[string][]row{
		"DOC-01": {{name: "one build phase, one step", text: head + echo}},
		"DOC-02": {
			{name: "1", text: version("1")},
			{name: "1.0", text: version("1.0")},
			{name: "quoted 1", text: version(`"1"`)},
			{name: "quoted 1.0", text: version(`'1.0'`)},
		},
		"DOC-03": {
			{name: "2.0", text: version("2.0"), want: errs("error bad-schema-version 1:16")},
			{name: "v1", text: version("v1"), want: errs("error bad-schema-version 1:16")},
			{name: "1.00", text: version("1.00"), want: errs("error bad-schema-version 1:16")},
			{name: "null", text: version("~"), want: errs("error missing-key 1:1")},
			{name: "absent", text: strings.TrimPrefix(head, "schemaVersion: 1.0\n") + echo, want: errs("error missing-key 1:1")},
		},
		"DOC-04": {{name: "custom phases only", text: phases("one", "two"), want: errs("error no-standard-phase 3:1", "warning no-build-phase 3:3")}},
		"DOC-05": {{name: "same phase twice", text: phases("build", "build"), want: errs("error duplicate-name 5:9"), near: "line 3"}},
		"DOC-06": {
			{name: "in one phase", text: head + echo + echo, want: errs("error duplicate-name 6:12")},
			{name: "in two phases", text: phases("build", "test")},
		},
		"DOC-07": {
			{name: "document", text: "phase: 1\n" + head + echo, want: errs("error unknown-key 1:1"), near: `did you mean "phases"?`},
			{name: "phase", text: head + echo + "  step: []\n", want: errs("error unknown-key 6:3"), near: `did you mean "steps"?`},
			{name: "step", text: step("maxAttemps: 2"), want: errs("error unknown-key 8:5"), near: `did you mean "maxAttempts"?`},
			{name: "a key without a value is absent", text: step("maxAttemps:")},
			{name: "loop", text: step("loop: {names: x, forEach: [a]}"), want: errs("error unknown-key 8:12"), near: `did you mean "name"?`},
			{name: "for", text: step("loop: {for: {start: 1, end: 2, updateby: 1}}"), want: errs("error missing-key 8:17", "error unknown-key 8:36"), near: `did you mean "updateBy"?`},
			{name: "forEach", text: step("loop: {forEach: {list: a, delimeter: ','}}"), want: errs("error unknown-key 8:31"), near: `did you mean "delimiter"?`},
			{name: "if", text: step("if: {fileExist: /x}"), want: errs("error unknown-key 8:10"), near: `did you mean "fileExists"?`},
			{name: "if, branch", text: step("if: {fileExists: /x, els: Skip}"), want: errs("error unknown-key 8:26"), near: `did you mean "else"?`},
		},
		"DOC-08": {
			{name: "unknown input", text: act("ExecuteBash", "commands: [a]", "command: b"), want: errs("warning input-unknown 9:7"), near: `did you mean "commands"?`},
			{name: "strict", text: act("ExecuteBash", "commands: [a]", "command: b"), opts: document.Options{Strict: true}, want: errs("error input-unknown 9:7")},
		},
		"DOC-09": {
			{name: "duplicate key", text: "name: a\nname: b\n" + head + echo, want: errs("error yaml-duplicate-key 2:1"), near: "line 1"},
			{name: "duplicate key in inputs", text: act("CreateFile", "path: /a", "path: /b"), want: errs("error yaml-duplicate-key 9:7")},
			{name: "second document", text: head + echo + "---\na: 1\n", want: errs("error yaml-syntax 6:1")},
			{name: "leading marker", text: "---\n" + head + echo + "...\n"},
			{name: "custom tag", text: "name: !Sub x\n" + head + echo, want: errs("error yaml-tag 1:7"), near: `"!Sub"`},
			{name: "custom tag on a map", text: act("CreateFile", "path: !GetAtt {a: b}"), want: errs("error wrong-type 8:13", "error yaml-tag 8:13")},
			{name: "merged text", text: "<<: a\n" + head + echo, want: errs("error wrong-type 1:5")},
			{name: "merged list of texts", text: "<<: [a]\n" + head + echo, want: errs("error wrong-type 1:6")},
			{name: "map as a key", text: "{a: b}: c\n" + head + echo, want: errs("error wrong-type 1:1")},
			{name: "wildcard without quotes", text: act("CreateFile", "path: *.txt"), want: errs("error yaml-syntax 8:7"), near: "quote"},
			{name: "unknown alias", text: act("CreateFile", "path: *txt"), want: errs("error yaml-syntax 8:13"), near: "quote"},
			{name: "standard tag", text: "name: !!str 1\n" + head + echo},
		},
		"DOC-10": {
			{name: "aliases", text: bomb(), want: errs("error doc-too-large 1:37")},
			{name: "depth", text: "name: " + strings.Repeat("[", 101) + strings.Repeat("]", 101), want: errs("error doc-too-large 1:106")},
			{name: "depth beyond the parser's limit", text: "name: " + strings.Repeat("[", 20_000), want: errs("error doc-too-large 1:1"), near: "nested more than 100 levels"},
			{name: "indented lists", text: strings.Repeat("- ", 20_000), want: errs("error doc-too-large 1:1")},
			{name: "alias of itself", text: "name: &a [*a]\n", want: errs("error doc-too-large 1:7")},
			{name: "harmless alias", text: "name: &n x\ndescription: *n\n" + head + echo},
		},
		"DOC-11": {
			{name: "65535", text: sized(65_535), opts: document.Options{Inline: true}},
			{name: "65536", text: sized(65_536), opts: document.Options{Inline: true}, want: errs("error doc-too-large 1:1")},
		},
		"DOC-12": {
			{name: "100 KiB", text: sized(100 << 10)},
			{name: "1 MiB", text: sized(1 << 20)},
			{name: "more than 1 MiB", text: sized(1<<20 + 1), want: errs("error doc-too-large 1:1")},
		},
		"DOC-13": {
			{name: "no steps", text: "schemaVersion: 1\nphases: [{name: build}]\n", want: errs("error missing-key 2:10")},
			{name: "null steps", text: "schemaVersion: 1\nphases: [{name: build, steps: }]\n", want: errs("error missing-key 2:10")},
			{name: "no phases", text: "schemaVersion: 1\n", want: errs("error missing-key 1:1")},
			{name: "empty phases", text: "schemaVersion: 1\nphases: []\n", want: errs("error bad-value 2:9")},
			{name: "empty file", text: "", want: errs("error yaml-syntax 1:1")},
			{name: "only a comment", text: "# nothing\n", want: errs("error yaml-syntax 1:1")},
			{name: "a list", text: "- a\n", want: errs("error wrong-type 1:1")},
			{name: "steps is a map", text: "schemaVersion: 1\nphases: [{name: build, steps: {}}]\n", want: errs("error wrong-type 2:31")},
			{name: "step is a text", text: head + "  - x\n", want: errs("error wrong-type 5:5")},
		},
		"DOC-14": {
			{name: "letter case", text: act("executebash", "commands: [a]"), want: errs("error unknown-action 6:13"), near: `did you mean "ExecuteBash"?`},
			{name: "nothing near", text: act("Frobnicate", "x: y"), want: errs("error unknown-action 6:13"), near: "UpdateOS"},
			{name: "absent", text: head + "  - name: A\n", want: errs("error missing-key 5:5")},
		},
		"DOC-15": {
			{name: "0", text: step("timeoutSeconds: 0"), want: errs("error bad-value 8:21")},
			{name: "-2", text: step("timeoutSeconds: -2"), want: errs("error bad-value 8:21")},
			{name: "x", text: step("timeoutSeconds: x"), want: errs("error wrong-type 8:21")},
			{name: "reference", text: step("timeoutSeconds: '{{ Name }}'"), want: errs("error wrong-type 8:21")},
			{name: "longer than a duration", text: step("timeoutSeconds: 9300000000"), want: errs("error bad-value 8:21")},
			{name: "-1", text: step("timeoutSeconds: -1")},
		},
		"DOC-16": {
			{name: "0", text: step("maxAttempts: 0"), want: errs("error bad-value 8:18")},
			{name: "a list", text: step("maxAttempts: [1]"), want: errs("error wrong-type 8:18")},
		},
		"DOC-17": {{name: "letter case", text: step("onFailure: abort"), want: errs("error bad-value 8:16"), near: `did you mean "Abort"?`}},
		"DOC-18": {
			{name: "test only", text: phases("test")},
			{name: "test and custom", text: phases("test", "other"), want: errs("warning no-build-phase 3:3")},
		},
		"DOC-19": {{name: "validate before build", text: phases("validate", "build")}},
		"DOC-21": {{name: "custom phase", text: phases("build", "custom")}},
		"DOC-22": {
			{name: "byte order mark", text: "\xef\xbb\xbf" + head + echo},
			{name: "problem behind a byte order mark", text: "\xef\xbb\xbfnam: x\n" + head + echo, want: errs("error unknown-key 1:1")},
			{name: "UTF-16", text: utf16le(head + echo), want: errs("error yaml-syntax 1:1"), near: "UTF-8"},
			{name: "Latin-1", text: head + echo + "# caf\xe9\n", want: errs("error yaml-syntax 6:6")},
			{name: "JSON", text: `{"schemaVersion": "1.0", "phases": [{"name": "test", "steps": [{"name": "A", "action": "UpdateOS"}]}]}`},
		},
		"DOC-23": {
			{name: "quoted integer", text: step(`timeoutSeconds: "60"`)},
			{name: "yes", text: act("CreateFile", "path: /a", "overwrite: yes")},
			{name: "TRUE", text: act("CreateFile", "path: /a", "overwrite: 'TRUE'")},
			{name: "quoted yes", text: act("CreateFile", "path: /a", "overwrite: 'yes'"), want: errs("error wrong-type 9:18")},
			{name: "disableLogging", text: step("disableLogging: on")},
		},
		"DOC-24": {
			{name: "scalar for commands", text: act("ExecuteBash", "commands: echo"), want: errs("error wrong-type 8:17")},
			{name: "unquoted colon", text: act("ExecuteBash", "commands:", "- echo user: bob"), want: errs("error wrong-type 9:9"), near: "quote this line"},
			{name: "list for a map", text: act("InstallMSI", "path: a.msi", "properties: [a]"), want: errs("warning unsupported-platform 6:13", "error wrong-type 9:19")},
			{name: "list in a map", text: act("InstallMSI", "path: a.msi", "properties: {A: [a]}"), want: errs("warning unsupported-platform 6:13", "error wrong-type 9:23")},
			{name: "text for a list of maps", text: act("ExecuteDocument", "document: a", "parameters: x"), want: errs("error wrong-type 9:19")},
			{name: "text in a list of maps", text: act("ExecuteDocument", "document: a", "parameters: [x]"), want: errs("error wrong-type 9:20")},
			{name: "list for a text", text: act("CreateFile", "path: [a]"), want: errs("error wrong-type 8:13")},
			{name: "inputs is a text", text: head + "  - {name: A, action: UpdateOS, inputs: x}\n", want: errs("error wrong-type 5:41")},
		},
		"DOC-25": {{
			name: "five mistakes", text: "schemaVersion: 3\nnam: x\nphases:\n- name: build\n  steps:\n  - {name: A, action: Nope}\n  - {name: A, action: UpdateOS, onFailure: no}\n",
			want: errs("error bad-schema-version 1:16", "error unknown-key 2:1", "error unknown-action 6:23", "error duplicate-name 7:12", "error bad-value 7:44"),
		}},
		"MSI-01": {{
			name: "all problems of one entry", text: act("InstallMSI", "path: a.exe", "reboot: allow", "properties: {REBOOT: x}"),
			want: errs("warning unsupported-platform 6:13", "error bad-value 8:7", "error bad-value 8:13", "error bad-value 9:15"),
		}},
		"REG-01": {
			{
				name: "value of another type, beside a reference", text: "parameters: [{Root: {type: string, default: x}}]\n" + act("SetRegistry", "- path: 'HKLM:\\{{ Root }}'", "  name: n", "  value: x", "  type: DWORD"),
				want: errs("warning unsupported-platform 7:13", "error bad-value 9:9"),
			},
			{
				name: "value of a type that is not known yet", text: "parameters: [{Kind: {type: string, default: DWORD}}]\n" + act("SetRegistry", "- path: HKLM:\\x", "  name: n", "  value: x", "  type: '{{ Kind }}'"),
				want: errs("warning unsupported-platform 7:13"),
			},
		},
		"DOC-26": {
			{name: "space", text: strings.Replace(head+echo, "Echo", "Say it", 1), want: errs("warning bad-name 5:12")},
			{name: "not a target", text: command(`echo {{ build.Say it.outputs.stdout }}`)},
			{name: "brace", text: strings.Replace(head+echo, "Echo", "'{x'", 1), want: errs("error bad-name 5:12")},
			{name: "control character", text: strings.Replace(head+echo, "Echo", `"a\tb"`, 1), want: errs("error bad-name 5:12")},
			{name: "128 characters", text: strings.Replace(head+echo, "Echo", strings.Repeat("a", 128), 1)},
			{name: "129 characters", text: strings.Replace(head+echo, "Echo", strings.Repeat("a", 129), 1), want: errs("error bad-name 5:12")},
			{name: "empty", text: strings.Replace(head+echo, "Echo", "''", 1), want: errs("error bad-name 5:12")},
		},
		"DOC-27": {
			{name: "good inputs", text: act("SetRegistry", "- path: HKLM:\\x", "  name: n", "  value: [a]", "  type: MULTI_SZ"), want: errs("warning unsupported-platform 6:13")},
			{name: "bad inputs", text: act("SetRegistry", "- path: HKLM:\\x", "  name: n", "  value: 1", "  type: DWROD"), want: errs("warning unsupported-platform 6:13", "error bad-value 11:15"), near: `did you mean "DWORD"?`},
		},
		"DOC-28": {
			{name: "UpdateOS", text: head + "  - {name: A, action: UpdateOS}\n"},
			{name: "Reboot", text: head + "  - {name: A, action: Reboot, inputs: }\n"},
			{name: "ExecuteBash", text: head + "  - {name: A, action: ExecuteBash}\n", want: errs("error input-missing 5:5")},
			{name: "Assert", text: head + "  - {name: A, action: Assert}\n", want: errs("error input-missing 5:5")},
			{name: "null input", text: act("ExecuteBash", "commands: ~"), want: errs("error input-missing 8:7")},
		},
		"DOC-29": {{name: "empty name and description", text: "name:\ndescription:\n" + head + echo}},
		"DOC-30": {{name: "scalars where text is wanted", text: act("CreateFile", "path: 2024-01-01", "content: 012345678901", "permissions: 0700")}},
		"DOC-32": {{name: "empty steps", text: "schemaVersion: 1\nphases: [{name: build, steps: []}]\n", want: errs("warning bad-value 2:31")}},
		"FILE-13": {
			{name: "root", text: act("DeleteFolder", "path: /usr/..", "force: true"), want: errs("error bad-value 8:13"), near: "the root folder"},
			{name: "folder", text: act("DeleteFolder", "path: /usr", "force: true")},
		},
		"FILE-20": {
			{name: "modes", text: act("CreateFile", "- {path: a, permissions: 755}", "- {path: a, permissions: 0755}", "- {path: a, permissions: 04755}", "- {path: a, permissions: 0o755}")},
			{name: "symbolic", text: act("CreateFile", "- {path: a, permissions: u+x}"), want: errs("error bad-value 8:32")},
			{name: "decimal", text: act("CreateFile", "- {path: a, permissions: 448}"), want: errs("error bad-value 8:32")},
		},
		"FILE-21": {
			{name: "map for a list module", text: act("CreateFile", "path: /a")},
			{name: "list of one for a map module", text: act("ExecuteBash", "- commands: [a]")},
			{name: "list of two for a map module", text: act("ExecuteBash", "- commands: [a]", "- commands: [b]"), want: errs("error wrong-type 9:9")},
			{name: "empty list", text: act("CreateFile", "[]"), want: errs("error bad-value 8:7")},
		},
		"NEST-04": {
			{name: "timeout", text: act("ExecuteDocument", "document: /a.yaml") + "    timeoutSeconds: 60\n", want: errs("error bad-value 9:21")},
			{name: "attempts", text: act("ExecuteDocument", "document: /a.yaml") + "    maxAttempts: 2\n", want: errs("error bad-value 9:18")},
			{name: "the fixed values", text: act("ExecuteDocument", "document: /a.yaml") + "    maxAttempts: 1\n    timeoutSeconds: -1\n"},
		},
		"PWSH-01": {
			{name: "both", text: act("ExecutePowerShell", "commands: [a]", "file: a.ps1"), want: errs("error input-conflict 9:7")},
			{name: "none", text: act("ExecutePowerShell", "{}"), want: errs("error input-missing 8:7")},
			{name: "one", text: act("ExecutePowerShell", "file: a.ps1")},
		},
		"WEB-03": {
			{name: "checksum alone", text: act("WebDownload", "- source: https://a", "  destination: /a", "  checksum: ab"), want: errs("warning input-ignored 10:9")},
			{name: "wrong length", text: act("WebDownload", "- source: https://a", "  destination: /a", "  checksum: ab", "  algorithm: MD5"), want: errs("error bad-value 8:9")},
			{name: "not known yet", text: "parameters: [{Sum: {type: string, default: ab}}]\n" + act("WebDownload", "- source: https://a", "  destination: /a", "  checksum: '{{ Sum }}'", "  algorithm: MD5")},
		},
	}
}

func TestDocumentKeepsBytes(t *testing.T) {
	data := []byte("\xef\xbb\xbf" + head + echo)
	doc, ds := document.Parse("a.yaml", data)
	if len(ds) > 0 || !bytes.Equal(doc.Bytes, data) {
		t.Errorf("Parse: bytes %q, diagnostics %v", doc.Bytes, ds)
	}
}
