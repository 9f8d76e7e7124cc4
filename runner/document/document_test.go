package document_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/document"
	"github.com/slipway-oci/slipway/runner/expr"
)

// demo is the document that chapter 1 of the reference begins with.
const demo = `name: Demo web server
schemaVersion: 1.0
parameters:
  - WebRoot: { type: string, default: /srv/www }
constants:
  - Pages: { type: string, value: 'index,about' }
phases:
  - name: build
    steps:
      - name: Where
        action: ExecuteBash
        inputs:
          commands:
            - echo "{{ WebRoot }}/site"
      - name: WritePage
        action: CreateFile
        onFailure: Continue
        if: { not: { fileExists: /etc/no-demo } }
        loop: { name: Page, forEach: { list: '{{ Pages }}', delimiter: ',' } }
        inputs:
          - path: '{{ build.Where.outputs.stdout }}/{{ Page.value }}.html'
            content: 'page {{ loop.index }}'
            permissions: 0644
  - name: test
    steps:
      - name: PageThere
        action: Assert
        inputs: { fileExists: '{{ WebRoot }}/site/index.html' }
`

// parsed returns a document that must have no problems.
func parsed(t *testing.T, text string) *document.Document {
	t.Helper()
	doc, ds := document.Load("doc.yaml", []byte(text), modules(t), document.Options{})
	if len(ds) > 0 {
		t.Fatalf("problems: %v", ds)
	}
	return doc
}

func TestParseKeepsWhatIsWritten(t *testing.T) {
	doc := parsed(t, demo)
	if doc.Name != "Demo web server" || doc.SchemaVersion != "1.0" || doc.Type() != document.TypeBuild {
		t.Errorf("name %q, version %q, type %s", doc.Name, doc.SchemaVersion, doc.Type())
	}
	s := doc.Phases[0].Steps[1]
	got := fmt.Sprintf("%s %s %s %d %d %s", s.Name, s.Action, s.OnFailure, s.TimeoutSeconds, s.MaxAttempts, s.Pos)
	if want := "WritePage CreateFile Continue 7200 1 doc.yaml:15:9"; got != want {
		t.Errorf("step is %s, want %s", got, want)
	}
	if s.Loop.Name != "Page" || s.Loop.Each.List.Text != "{{ Pages }}" || s.Loop.Each.Delimiter != "," {
		t.Errorf("loop is %+v", s.Loop)
	}
	if s.If.Operator != expr.Not || s.If.Terms[0].Operand.Text != "/etc/no-demo" || s.If.Then != document.Execute || s.If.Else != document.Skip {
		t.Errorf("condition is %+v", s.If)
	}
	if k := s.Inputs[0].Keys[2]; k.Name != "permissions" || k.Value.Text != "0644" || k.Value.Tag != "!!int" || k.Value.Pos.Line != 23 {
		t.Errorf("permissions is %+v", k)
	}
	if c := doc.Phases[1].Steps[0].Inputs[0].Condition; c == nil || c.Operator != "fileExists" {
		t.Errorf("condition of Assert is %+v", c)
	}
	if want := "sha256:"; !strings.HasPrefix(doc.Digest, want) || len(doc.Digest) != len(want)+64 {
		t.Errorf("digest is %q", doc.Digest)
	}
}

func TestParseOfNonsenseHasNoDocument(t *testing.T) {
	for _, text := range []string{"", "a: [", "\xff", bomb()} {
		if doc, ds := document.Parse("a.yaml", []byte(text)); doc != nil || !ds.HasErrors() {
			t.Errorf("Parse(%.20q) = %v, %v; want no document and an error", text, doc, ds)
		}
	}
}

// The limit on aliases is of no use if they are expanded before they are counted.
func TestAliasBombTakesLittleMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	document.Parse("a.yaml", []byte(bomb()))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20 {
		t.Errorf("%d MiB allocated", used>>20)
	}
}

func TestMergeKeys(t *testing.T) {
	doc := parsed(t, `schemaVersion: 1.0
phases:
- name: build
  steps:
  - &first
    name: First
    action: ExecuteBash
    timeoutSeconds: 5
    inputs: {commands: [a]}
  - <<: *first
    name: Second
    maxAttempts: 3
  - <<: [{onFailure: Ignore, timeoutSeconds: 7}, *first]
    name: Third
`)
	var got []string
	for _, s := range doc.Phases[0].Steps {
		got = append(got, fmt.Sprint(s.Name, s.Action, s.TimeoutSeconds, s.MaxAttempts, s.OnFailure))
	}
	want := []string{"FirstExecuteBash5 1Abort", "SecondExecuteBash5 3Abort", "ThirdExecuteBash7 1Ignore"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestCarriageReturnsEndLines(t *testing.T) {
	doc := parsed(t, strings.ReplaceAll(act("ExecuteBash", "commands:", "- |", "  one", "  two"), "\n", "\r\n"))
	if got := doc.Phases[0].Steps[0].Inputs[0].Keys[0].Value.List[0].Text; got != "one\ntwo\n" {
		t.Errorf("block scalar is %q", got)
	}
}

func TestComponentType(t *testing.T) {
	for _, tc := range []struct {
		phases []string
		want   document.Type
	}{
		{[]string{"build"}, document.TypeBuild},
		{[]string{"test"}, document.TypeTest},
		{[]string{"test", "build"}, document.TypeBuild},
		{[]string{"test", "container-host-test"}, document.TypeBuild},
		{[]string{"validate"}, document.TypeBuild},
	} {
		doc, _ := document.Parse("a.yaml", []byte(phases(tc.phases...)))
		if got := doc.Type(); got != tc.want {
			t.Errorf("phases %v: type %s, want %s", tc.phases, got, tc.want)
		}
	}
}

func TestDefaultsOfSettings(t *testing.T) {
	for _, tc := range []struct {
		text              string
		timeout, attempts int
		given             bool
	}{
		{head + echo, 7200, 1, false},
		{step("timeoutSeconds: -1", "maxAttempts: 0002"), -1, 2, true},
		{step("timeoutSeconds: '0060'", "maxAttempts: 0x10"), 60, 16, true},
		{act("ExecuteDocument", "document: /a.yaml"), -1, 1, false},
	} {
		doc := parsed(t, tc.text)
		s := doc.Phases[0].Steps[0]
		m, _ := modules(t).Lookup(s.Action)
		timeout, attempts := s.Settings(m.Spec())
		if timeout != tc.timeout || attempts != tc.attempts || (s.TimeoutPos.Line > 0) != tc.given {
			t.Errorf("settings of %s are %d, %d, given at %s; want %d, %d", s.Action, timeout, attempts, s.TimeoutPos, tc.timeout, tc.attempts)
		}
	}
}

func TestBooleans(t *testing.T) {
	for text, want := range map[string]string{
		"true": "true", "True": "true", "TRUE": "true", "yes": "true", "Yes": "true", "on": "true", "y": "true", "Y": "true",
		"false": "false", "no": "false", "NO": "false", "off": "false", "n": "false",
		"'true'": "true", "'tRuE'": "true", "'FALSE'": "false",
		"tRue": "bad", "'yes'": "bad", "1": "bad", "'1'": "bad", "''": "bad", "yess": "bad",
	} {
		doc, _ := document.Parse("a.yaml", []byte(act("CreateFile", "path: a", "overwrite: "+text)))
		got := "bad"
		if b, ok := doc.Phases[0].Steps[0].Inputs[0].Keys[1].Value.Bool(); ok {
			got = fmt.Sprint(b)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestIntegers(t *testing.T) {
	for text, want := range map[string]string{
		"5": "5", "'5'": "5", "+5": "5", "-5": "-5", "0060": "60", "'0060'": "60", "0_60": "60", "1_000": "1000", "0x1F": "31", "0o17": "15", "0b11": "3",
		"9223372036854775807": "9223372036854775807", "9223372036854775808": "bad",
		"'1_000'": "bad", "'0x1F'": "bad", "1.0": "bad", "1e3": "bad", "five": "bad", "''": "bad", "' 5'": "bad", "2024-01-01": "bad",
	} {
		doc, _ := document.Parse("a.yaml", []byte(act("Reboot", "delaySeconds: "+text)))
		got := "bad"
		if n, ok := doc.Phases[0].Steps[0].Inputs[0].Keys[0].Value.Int(); ok {
			got = fmt.Sprint(n)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestVariables(t *testing.T) {
	doc := parsed(t, "parameters:\n- Given: {type: string, default: a}\n- Default: {type: string, default: ''}\n- Absent: {type: string, default: }\n"+
		"constants:\n- Fixed: {type: string, value: 1.0}\n"+head+echo)
	got := doc.Variables(map[string]string{"Given": "b", "Fixed": "c", "Other": "d"})
	want := map[string]string{"Given": "b", "Default": "", "Fixed": "1.0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Variables (-want +got):\n%s", diff)
	}
}

func TestInputAt(t *testing.T) {
	doc := parsed(t, head+`  - name: Files
    action: CreateFile
    inputs: [{path: a, permissions: 0644}, {path: '{{ env:HOME }}/b', overwrite: no}]
  - {name: Bash, action: ExecuteBash, inputs: {commands: [x, ~]}}
  - {name: Check, action: Assert, inputs: {stringEquals: a, value: b}}
  - {name: Update, action: UpdateOS}
`)
	for _, tc := range []struct {
		step      int
		ref, want string
	}{
		{0, "inputs.path", "a"},
		{0, "inputs[0].permissions", "0644"},
		{0, "inputs[1].path", "{{ env:HOME }}/b"},
		{0, "inputs[1].overwrite", "no"},
		{0, "inputs.overwrite", "true"},
		{0, "inputs.content", ""},
		{0, "inputs[2].path", "error: inputs of step \"Files\" have 2 entries, so there is none with index 2"},
		{0, "inputs.nope", "error: CreateFile has no input \"nope\""},
		{0, "inputs.path.x", "error: \"path\" has no member \"x\""},
		{1, "inputs.commands[0]", "x"},
		{1, "inputs.commands[1]", ""},
		{2, "inputs.stringEquals", "a"},
		{2, "inputs.value", "b"},
		{2, "inputs.condition", "error: Assert has no input \"condition\""},
		{3, "inputs.include", "error: \"include\" is a list and has no text as a whole"},
		{3, "inputs.include[0]", "error: \"include\" is not given, so it has no element 0"},
	} {
		s := doc.Phases[0].Steps[tc.step]
		m, _ := modules(t).Lookup(s.Action)
		ref, ok := expr.Single("{{ p.s." + tc.ref + " }}")
		if !ok {
			t.Fatalf("%s is no reference", tc.ref)
		}
		got := ""
		if v, err := s.InputAt(m.Spec(), ref); err != nil {
			got = "error: " + err.Error()
		} else {
			got = v.Text
		}
		if got != tc.want {
			t.Errorf("%s of %s is %q, want %q", tc.ref, s.Name, got, tc.want)
		}
	}
}

func TestEntryHasTypes(t *testing.T) {
	spec := action.Spec{Name: "Every", Inputs: []action.Input{
		{Name: "text"},
		{Name: "number", Type: action.Integer},
		{Name: "flag", Type: action.Boolean},
		{Name: "list", Type: action.StringList},
		{Name: "map", Type: action.StringMap},
		{Name: "maps", Type: action.MapList},
		{Name: "any", Type: action.Any},
		{Name: "anyList", Type: action.Any},
		{Name: "absent"},
	}}
	doc, _ := document.Parse("a.yaml", []byte(act("Every", "text: 0700", "number: +010", "flag: 'True'", "list: [a, ~, 1.0]", "map: {A: 1, B: }",
		"maps: [{name: a, value: 1}]", "any: 1.5", "anyList: [x]", "absent: ", "unknown: 1")))
	got, err := document.Entry(spec, doc.Phases[0].Steps[0].Inputs[0])
	want := action.Entry{
		"text": "0700", "number": int64(10), "flag": true, "list": []string{"a", "", "1.0"}, "map": map[string]string{"A": "1"},
		"maps": []map[string]string{{"name": "a", "value": "1"}}, "any": "1.5", "anyList": []string{"x"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Entry: %v (-want +got):\n%s", err, diff)
	}
}

// After resolution the same rules hold, and text that came from a reference is never more than text.
func TestEntryChecksResolvedValues(t *testing.T) {
	for _, tc := range []struct{ action, line, value, want string }{
		{"CreateFile", "overwrite: '{{ X }}'", "true", ""},
		{"CreateFile", "overwrite: '{{ X }}'", "maybe", `doc.yaml:8:19: CreateFile: "overwrite" must be true or false, not "maybe"`},
		{"CreateFile", "overwrite: '{{ X }}'", "yes", `doc.yaml:8:19: CreateFile: "overwrite" must be true or false, not "yes"`},
		{"CreateFile", "encoding: '{{ X }}'", "UTF-16", ""},
		{"CreateFile", "encoding: '{{ X }}'", "latin1", `doc.yaml:8:18: CreateFile: "encoding" cannot be "latin1"`},
		{"CreateFile", "permissions: '{{ X }}'", "u+x", `doc.yaml:8:21: CreateFile: permissions "u+x" are not three or four octal digits such as 0755`},
		{"CreateFile", "path: '{{ X }}'", "", `doc.yaml:8:14: CreateFile: "path" must not be empty`},
		{"Reboot", "delaySeconds: '{{ X }}'", "5", ""},
		{"Reboot", "delaySeconds: '{{ X }}'", "0x5", `doc.yaml:8:22: Reboot: "delaySeconds" must be an integer, not "0x5"`},
	} {
		lines := []string{tc.line}
		if tc.action == "CreateFile" && !strings.HasPrefix(tc.line, "path") {
			lines = []string{tc.line, "path: a"}
		}
		doc, _ := document.Parse("doc.yaml", []byte(strings.ReplaceAll(act(tc.action, lines...), "      ", "       ")))
		in, err := doc.Phases[0].Steps[0].Inputs[0].Expand(func(text string) (string, error) {
			return strings.ReplaceAll(text, "{{ X }}", tc.value), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		m, _ := modules(t).Lookup(tc.action)
		got := ""
		if _, err := document.Entry(m.Spec(), in); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s with %q: error %q, want %q", tc.line, tc.value, got, tc.want)
		}
	}
}

func TestExpandReachesEveryScalar(t *testing.T) {
	doc := parsed(t, act("ExecuteDocument", "document: a", "parameters: [{name: n, value: v}]"))
	in := doc.Phases[0].Steps[0].Inputs[0]
	got, err := in.Expand(func(text string) (string, error) { return text + "!", nil })
	if err != nil {
		t.Fatal(err)
	}
	item := got.Keys[1].Value.List[0].Map
	if got.Keys[0].Value.Text != "a!" || item[0].Value.Text != "n!" || item[1].Value.Text != "v!" || item[1].Value.Plain {
		t.Errorf("Expand = %+v", got)
	}
	if in.Keys[1].Value.List[0].Map[0].Value.Text != "n" {
		t.Error("Expand changed the document")
	}
	for _, bad := range []string{"a", "v"} {
		if _, err := in.Expand(func(text string) (string, error) {
			if text == bad {
				return "", errors.New("cannot resolve " + text)
			}
			return text, nil
		}); err == nil || err.Error() != "cannot resolve "+bad {
			t.Errorf("error %v, want that of %q", err, bad)
		}
	}
}

func TestPhaseByName(t *testing.T) {
	doc := parsed(t, phases("build", "test"))
	if p, ok := doc.Phase("test"); !ok || p.Name != "test" {
		t.Errorf("Phase(test) = %q, %t", p.Name, ok)
	}
	if _, ok := doc.Phase("Test"); ok {
		t.Error("there is a phase Test")
	}
}

func TestDiagnosticsAreJSON(t *testing.T) {
	_, ds := document.Load("a.yaml", []byte(act("executebash", "commands: [a]")), modules(t), document.Options{})
	got, err := json.Marshal(ds)
	want := `[{"severity":"error","code":"unknown-action","file":"a.yaml","line":6,"column":13,` +
		`"message":"step \"Step\": unknown action \"executebash\"","hint":"did you mean \"ExecuteBash\"?"}]`
	if err != nil || string(got) != want {
		t.Errorf("JSON is %s, %v", got, err)
	}
	if got, want := ds.Err().Error(), `a.yaml:6:13: step "Step": unknown action "executebash"`; got != want {
		t.Errorf("error is %q, want %q", got, want)
	}
}

func TestWarningsAreNoError(t *testing.T) {
	_, ds := document.Load("a.yaml", []byte(phases("test", "other")), modules(t), document.Options{})
	if len(ds) == 0 || ds.Err() != nil || ds.Strict().Err() == nil {
		t.Errorf("%v: error %v, strict %v", ds, ds.Err(), ds.Strict().Err())
	}
}

func TestPathTilde(t *testing.T) {
	for _, text := range []string{
		act("CreateFile", "path: ~/x"), act("CopyFile", "source: a", "destination: ~/x"), act("Assert", "fileExists: ~/x"),
		act("Assert", "and: [{fileExists: /a}, {not: {folderExists: ~/x}}]"), step("if: {fileMD5Equals: d41d8cd98f00b204e9800998ecf8427e, path: ~/x}"),
	} {
		got, all := load(t, text, document.Options{})
		if len(got) != 1 || !strings.HasPrefix(got[0], "warning path-tilde") {
			t.Errorf("got %v:\n%s", all, numbered(text))
		}
	}
	for _, text := range []string{act("CreateFile", "path: a", "content: ~/x"), act("CreateFile", "path: ~x"), step("if: {stringEquals: ~/x, value: ~/x}")} {
		if got, all := load(t, text, document.Options{}); len(got) > 0 {
			t.Errorf("got %v:\n%s", all, numbered(text))
		}
	}
}

func TestIgnoredSettings(t *testing.T) {
	row{name: "Reboot", text: act("Reboot", "delaySeconds: 1") + "    timeoutSeconds: 5\n", want: []string{"warning input-ignored 9:21"}}.run(t)
}

func TestPlatform(t *testing.T) {
	row{name: "windows", text: head + echo, opts: document.Options{GOOS: "windows"}, want: []string{"warning unsupported-platform 5:26"}}.run(t)
}

func benchmarkDocument(steps int) []byte {
	var b strings.Builder
	b.WriteString("schemaVersion: 1.0\nparameters: [{Name: {type: string, default: x}}]\nphases:\n- name: build\n  steps:\n")
	for i := range steps {
		fmt.Fprintf(&b, "  - name: S%d\n    action: ExecuteBash\n    inputs:\n      commands:\n      - echo {{ Name }}\n", i)
	}
	return []byte(b.String())
}

// The goal for 10,000 steps is less than 100 ms. On a machine with other work, the time that the processor spent on this
// says more than the time that passed.
func BenchmarkLoad10000Steps(b *testing.B) {
	data, set := benchmarkDocument(10_000), modules(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	begin := processorTime(b)
	for b.Loop() {
		if _, ds := document.Load("a.yaml", data, set, document.Options{}); len(ds) > 0 {
			b.Fatal(ds)
		}
	}
	b.ReportMetric(float64((processorTime(b)-begin).Milliseconds())/float64(b.N), "cpu-ms/op")
}
