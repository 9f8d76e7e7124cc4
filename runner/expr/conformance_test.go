package expr_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/expr"
)

// disk is a probe of a folder. Files named "secret" cannot be opened.
type disk struct{ root string }

func (d disk) BinaryExists(name string) (bool, error) { return name == "sh", nil }

func (d disk) Stat(path string) (fs.FileInfo, error) { return os.Stat(filepath.Join(d.root, path)) }

func (d disk) Open(path string) (io.ReadCloser, error) {
	if filepath.Base(path) == "secret" {
		return nil, fs.ErrPermission
	}
	return os.Open(filepath.Join(d.root, path))
}

// values are what the references of the tests stand for.
func values(r expr.Ref) (string, bool, error) {
	known := map[string]string{
		"Name": "value", "Other": "{{ Name }}", "Open": "{{", "Digest": "x", "Word": "abc", "loop.value": "v", "ab-_9": "dashes",
		"p.s.outputs": "out", "secrets.KEY": "hidden", "env:HOME": "/root",
	}
	key := r.Name
	switch r.Kind {
	case expr.Loop:
		key = r.Name + "." + r.Field
	case expr.Chain:
		key = r.Phase + "." + r.Step + "." + r.Field
	case expr.Secret:
		key = "secrets." + r.Name
	case expr.Dynamic:
		key = r.Source + ":" + r.Name
	}
	if r.Kind == expr.Loop && r.Name != "loop" {
		return "", false, nil
	}
	text, ok := known[key]
	if !ok {
		return "", false, fmt.Errorf("nothing is named %q", key)
	}
	return text, true, nil
}

type expansion struct{ text, want string }

type comparison struct {
	op, operand, companion string
	plain                  bool // operands are written without quotes
	ref                    bool // the operand comes from a reference
	want                   bool
	wantErr                string
}

func TestConformance(t *testing.T) {
	for id, rows := range expansions() {
		t.Run(id, func(t *testing.T) {
			for _, r := range rows {
				got, err := expr.Expand(r.text, values)
				if err != nil || got != r.want {
					t.Errorf("Expand(%q) = %q, %v; want %q", r.text, got, err, r.want)
				}
			}
		})
	}
	root := tree(t)
	for id, rows := range comparisons() {
		t.Run(id, func(t *testing.T) {
			for _, r := range rows {
				r.run(t, root)
			}
		})
	}
	for id, rows := range splits() {
		t.Run(id, func(t *testing.T) {
			for _, r := range rows {
				delimiter, ok := expr.Delimiter(r.delimiter)
				if ok != r.known {
					t.Fatalf("Delimiter(%q) = %t, want %t", r.delimiter, ok, r.known)
				}
				if diff := cmp.Diff(r.want, expr.Split(r.text, delimiter)); ok && diff != "" {
					t.Errorf("Split(%q, %q) (-want +got):\n%s", r.text, delimiter, diff)
				}
			}
		})
	}
	for id, rows := range counts() {
		t.Run(id, func(t *testing.T) {
			for _, r := range rows {
				if got := count(r.start, r.end, r.by); got != r.want {
					t.Errorf("loop from %d to %d by %d gives %q, want %q", r.start, r.end, r.by, got, r.want)
				}
			}
		})
	}
	t.Run("COND-07", lazyTerms)
}

func expansions() map[string][]expansion {
	return map[string][]expansion{
		"REF-01": {
			{"{{Name}}", "value"},
			{"{{ Name }}", "value"},
			{"{{Name }}", "value"},
			{"{{ Name}}", "value"},
			{"{{\tName \t}}", "value"},
			{"{{ ab-_9 }}", "dashes"},
		},
		"REF-02": {{"a{{ Name }}b{{Name}}{{Name}}c", "avaluebvaluevaluec"}},
		"REF-06": {
			{"{{ .Names }}", "{{ .Names }}"},
			{"{{ a | b }}", "{{ a | b }}"},
			{"{{ ab }}", "{{ ab }}"},
			{"{{}}", "{{}}"},
			{"{{ Name", "{{ Name"},
			{"{{ Name }", "{{ Name }"},
			{"{{ Na me }}", "{{ Na me }}"},
			{"{{ p .s.outputs.x }}", "{{ p .s.outputs.x }}"},
			{"{{\nName }}", "{{\nName }}"},
			{"{{ p.s.outputs }}", "{{ p.s.outputs }}"},
			{"{{ p.s.output.x }}", "{{ p.s.output.x }}"},
			{"{{ p.s.outputs.x[] }}", "{{ p.s.outputs.x[] }}"},
			{"{{ p.s.outputs.x[-1] }}", "{{ p.s.outputs.x[-1] }}"},
			{"{{ p..outputs.x }}", "{{ p..outputs.x }}"},
			{"{{ aws:other:x }}", "{{ aws:other:x }}"},
			{"{{ env: }}", "{{ env: }}"},
			{"{{ env:A\nB }}", "{{ env:A\nB }}"},
			{"{{ .A {{ Name }}", "{{ .A value"},
		},
		"REF-07": {
			{"{{{ Name }}}", "{value}"},
			{"${{{Name}}}", "${value}"},
			{"${{ Name }}", "$value"},
		},
		"REF-08":  {{"{{ Other }}", "{{ Name }}"}},
		"REF-09":  {{"{{ Open }} Name }}", "{{ Name }}"}},
		"REF-10":  {{`C:\x\{{ loop.value }}`, `C:\x\v`}},
		"REF-14":  {{"{{ p.s.outputs[3].k[1].m.n[2] }}", "out"}},
		"DYN-01":  {{"{{ env:HOME }}", "/root"}},
		"DYN-08":  {{"{{ Other }}{{Name}}", "{{ Name }}value"}},
		"LOOP-13": {{"{{ other.value }}", "{{ other.value }}"}},
		"SEC-02": {
			{"{{ secrets.KEY }}", "hidden"},
			{"${{ secrets.KEY }}", "${{ secrets.KEY }}"},
			{"${{ secrets.KEY }}{{ secrets.KEY }}", "${{ secrets.KEY }}hidden"},
			{"${{{ secrets.KEY }}}", "${hidden}"},
		},
	}
}

func (r comparison) condition(t *testing.T) expr.Condition {
	t.Helper()
	op, ok := expr.LookupOperator(r.op)
	if !ok {
		t.Fatalf("no operator %q", r.op)
	}
	return expr.Condition{
		Op:        op,
		Operand:   expr.Operand{Text: r.operand, Plain: r.plain, FromRef: r.ref},
		Companion: expr.Operand{Text: r.companion, Plain: r.plain},
	}
}

func (r comparison) run(t *testing.T, root string) {
	t.Helper()
	c := r.condition(t)
	not, _ := expr.LookupOperator(expr.Not)
	e := expr.Evaluator{Probe: disk{root}}
	for _, negated := range []bool{false, true} {
		cond, want := c, r.want
		if negated {
			cond, want = expr.Condition{Op: not, Terms: []expr.Condition{c}}, !r.want
		}
		got, err := e.Evaluate(t.Context(), cond)
		switch {
		case r.wantErr != "":
			if err == nil || !strings.Contains(err.Error(), r.wantErr) {
				t.Errorf("%s %q, %q: error %v, want %q", r.op, r.operand, r.companion, err, r.wantErr)
			}
		case err != nil || got.True != want:
			t.Errorf("%s %q, %q (negated %t) = %+v, %v; want %t", r.op, r.operand, r.companion, negated, got, err, want)
		}
	}
}

// tree makes a folder with a file, a folder, links and a file that the probe cannot open.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range map[string]string{"file": "abc", "secret": "abc", "empty": ""} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link": "file", "folderlink": "folder", "dangling": "nowhere", "circle": "circle"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	return root
}

func comparisons() map[string][]comparison {
	const (
		md5    = "900150983cd24fb0d6963f7d28e17f72"
		sha1   = "a9993e364706816aba3e25717850c26c9cd0d89d"
		sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
		sha512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
	)
	rows := map[string][]comparison{
		"CMP-01": {
			{op: "stringIsEmpty", operand: "", want: true},
			{op: "stringIsEmpty", operand: " "},
			{op: "stringIsEmpty", operand: "\t"},
			{op: "stringIsEmpty", operand: "x"},
			{op: "stringIsWhitespace", operand: "  ", want: true},
			{op: "stringIsWhitespace", operand: "\t\u00a0\u2003", want: true},
			{op: "stringIsWhitespace", operand: ""},
			{op: "stringIsWhitespace", operand: " x"},
		},
		"CMP-02": {
			{op: "stringEquals", operand: "Yes", companion: "yes", want: true},
			{op: "stringEquals", operand: "yes", companion: "yes "},
			{op: "stringEquals", operand: "ÄRGER", companion: "ärger", want: true},
		},
		"CMP-03": {
			{op: "stringLessThan", operand: "m", companion: "7", want: true},
			{op: "stringLessThan", operand: "A", companion: "a"},
			{op: "stringLessThan", operand: "m", companion: "N"},
			{op: "stringLessThanEquals", operand: "A", companion: "a", want: true},
			{op: "stringLessThanEquals", operand: "7", companion: "m"},
			{op: "stringLessThanEquals", operand: "m", companion: "7", want: true},
		},
		"CMP-04": {
			{op: "stringGreaterThan", operand: "m", companion: "N", want: true},
			{op: "stringGreaterThan", operand: "a", companion: "A"},
			{op: "stringGreaterThan", operand: "m", companion: "L"},
			{op: "stringGreaterThanEquals", operand: "a", companion: "A", want: true},
			{op: "stringGreaterThanEquals", operand: "n", companion: "m"},
		},
		"CMP-05": {
			{op: "patternMatches", operand: "b+", companion: "abbc", want: true},
			{op: "patternMatches", operand: "^v[0-9]+$", companion: "V12", want: true},
			{op: "patternMatches", operand: "(?-i)^v", companion: "V12"},
			{op: "patternMatches", operand: "^b", companion: "abbc"},
		},
		"CMP-06": {
			{op: "patternMatches", operand: "(", companion: "a", wantErr: "missing closing"},
			{op: "fileMD5Equals", operand: "abc", companion: "file", wantErr: "32 hex digits"},
		},
		"CMP-07": {
			{op: "numberEquals", operand: "5.0", companion: "5", plain: true, want: true},
			{op: "numberEquals", operand: "5.0", companion: "5", want: true},
			{op: "numberEquals", operand: "5.0", companion: "-5"},
			{op: "numberEquals", operand: "1e3", companion: "1000", plain: true, want: true},
			{op: "numberEquals", operand: "0x1F", companion: "31", plain: true, want: true},
			{op: "numberEquals", operand: "0060", companion: "60", plain: true, want: true},
			{op: "numberEquals", operand: "1_000", companion: "1000", plain: true, want: true},
			{op: "numberEquals", operand: "0_60", companion: "60", plain: true, want: true},
			{op: "numberEquals", operand: "5", companion: "_5", plain: true},
			{op: "numberEquals", operand: "0o17", companion: "0b1111", plain: true, want: true},
			{op: "numberEquals", operand: ".5", companion: "0.50", plain: true, want: true},
			{op: "numberEquals", operand: "0.1", companion: "0.1000000000000000055511151231257827"},
		},
		"CMP-10": {{op: "numberEquals", operand: "9007199254740993", companion: "9007199254740992", plain: true}},
		"CMP-11": {
			{op: "numberEquals", operand: "abc", companion: "1", wantErr: "not a number"},
			{op: "numberEquals", operand: "abc", companion: "1", ref: true},
			{op: "numberEquals", operand: ".inf", companion: "1", plain: true, wantErr: "not a number that can be compared"},
			{op: "numberEquals", operand: "1", companion: ".NaN", plain: true, wantErr: "not a number that can be compared"},
			{op: "numberEquals", operand: "1", companion: ".nan"},
			{op: "numberEquals", operand: "1e999999999", companion: "1", plain: true, wantErr: "out of the range"},
			{op: "numberEquals", operand: "1e-999999999", companion: "1", plain: true, wantErr: "out of the range"},
			{op: "numberEquals", operand: "0e999999999", companion: "0", plain: true, want: true},
		},
		"CMP-12": {
			{op: "binaryExists", operand: "sh", want: true},
			{op: "binaryExists", operand: "no-such-tool"},
		},
		"CMP-13": {
			{op: "fileExists", operand: "file", want: true},
			{op: "fileExists", operand: "folder"},
			{op: "fileExists", operand: "link", want: true},
			{op: "fileExists", operand: "dangling"},
			{op: "fileExists", operand: "file/below"},
			{op: "fileExists", operand: "circle", wantErr: "circle"},
		},
		"CMP-14": {
			{op: "folderExists", operand: "folder", want: true},
			{op: "folderExists", operand: "folderlink", want: true},
			{op: "folderExists", operand: "file"},
			{op: "folderExists", operand: "missing"},
		},
		"CMP-15": {
			{op: "fileMD5Equals", operand: md5, companion: "file", want: true},
			{op: "fileMD5Equals", operand: strings.ToUpper(md5), companion: "link", want: true},
			{op: "fileSHA1Equals", operand: sha1, companion: "file", want: true},
			{op: "fileSHA256Equals", operand: sha256, companion: "file", want: true},
			{op: "fileSHA512Equals", operand: sha512, companion: "file", want: true},
			{op: "fileMD5Equals", operand: md5, companion: "empty"},
			{op: "fileMD5Equals", operand: md5, companion: "missing"},
			{op: "fileMD5Equals", operand: md5, companion: "folder"},
		},
		"CMP-16": {{op: "fileMD5Equals", operand: md5, companion: "secret", wantErr: "permission denied"}},
		"CMP-17": {{op: "stringEquals", operand: "1.0", companion: "1.0", plain: true, want: true}, {op: "stringEquals", operand: "1.0", companion: "1", plain: true}},
	}
	for _, op := range []struct {
		name                   string
		smaller, equal, larger bool
	}{
		{"numberLessThan", true, false, false},
		{"numberLessThanEquals", true, true, false},
		{"numberGreaterThan", false, false, true},
		{"numberGreaterThanEquals", false, true, true},
	} {
		rows["CMP-08"] = append(rows["CMP-08"],
			comparison{op: op.name, operand: "10", companion: "9.5", want: op.smaller},
			comparison{op: op.name, operand: "10", companion: "10.0", want: op.equal},
			comparison{op: op.name, operand: "10", companion: "10.1", want: op.larger},
			comparison{op: op.name, operand: "-2", companion: "-1", want: op.larger},
		)
		for _, text := range []string{"a10", ".5", "1e3", " 1", "5.", "", "1/2", "0x1F", "1_0"} {
			rows["CMP-09"] = append(rows["CMP-09"], comparison{op: op.name, operand: "1", companion: text})
		}
	}
	return rows
}

type split struct {
	text, delimiter string
	known           bool
	want            []string
}

func splits() map[string][]split {
	rows := map[string][]split{
		"LOOP-08": {{`a
b`, `\n`, true, []string{"a", "b"}}, {"a\tb", `\t`, true, []string{"a", "b"}}},
		"LOOP-09": {{"a, b,,c", ",", true, []string{"a", " b", "", "c"}}, {"a,", ",", true, []string{"a", ""}}},
		"LOOP-10": {{"", ",", true, nil}},
		"LOOP-11": {{"a\r\nb\r\n\rc", "\n", true, []string{"a", "b", "\rc"}}, {"a\r,b", ",", true, []string{"a\r", "b"}}},
	}
	for _, d := range []string{".", ",", ";", ":", "\n", "\t", " ", "-", "_"} {
		rows["LOOP-07"] = append(rows["LOOP-07"], split{"a" + d + "b", d, true, []string{"a", "b"}})
	}
	for _, d := range []string{"|", ", ", "", "é", `\r`} {
		rows["LOOP-07"] = append(rows["LOOP-07"], split{delimiter: d})
	}
	return rows
}

type counting struct {
	start, end, by int64
	want           string
}

func counts() map[string][]counting {
	const least, most = -1 << 63, 1<<63 - 1
	return map[string][]counting{
		"LOOP-01": {{1, 5, 2, "1 3 5"}, {1, 6, 2, "1 3 5"}, {5, 1, -2, "5 3 1"}, {most - 1, most, 3, "9223372036854775806"}, {least, least + 1, -1, "endless"}, {least + 1, least, -5, "-9223372036854775807"}},
		"LOOP-02": {{1, 1, 7, "1"}, {1, 1, -7, "1"}},
		"LOOP-03": {{1, 2, 0, "endless"}, {1, 1, 0, "endless"}, {1, 2, -1, "endless"}, {2, 1, 1, "endless"}},
	}
}

// count walks a loop as the executor does.
func count(start, end, by int64) string {
	var infinite *expr.InfiniteError
	if err := expr.CheckCount(start, end, by); errors.As(err, &infinite) {
		return "endless"
	}
	got := fmt.Sprint(start)
	for n, more := expr.NextCount(start, end, by); more; n, more = expr.NextCount(n, end, by) {
		got += fmt.Sprintf(" %d", n)
	}
	return got
}

// lazyTerms shows that a term behind the deciding one is neither resolved nor evaluated.
func lazyTerms(t *testing.T) {
	root := tree(t)
	e := expr.Evaluator{Probe: disk{root}, Expand: func(text string) (string, error) { return expr.Expand(text, values) }}
	missing := comparison{op: "fileExists", operand: "missing"}.condition(t)
	present := comparison{op: "fileExists", operand: "file"}.condition(t)
	for _, second := range []comparison{
		{op: "fileMD5Equals", operand: "900150983cd24fb0d6963f7d28e17f72", companion: "secret"},
		{op: "stringIsEmpty", operand: "{{ Undefined }}"},
	} {
		for _, r := range []struct {
			op    string
			first expr.Condition
			want  bool
		}{{expr.And, missing, false}, {expr.Or, present, true}} {
			op, _ := expr.LookupOperator(r.op)
			got, err := e.Evaluate(t.Context(), expr.Condition{Op: op, Terms: []expr.Condition{r.first, second.condition(t)}})
			if err != nil || got.True != r.want {
				t.Errorf("%s with %s second = %+v, %v; want %t", r.op, second.op, got, err, r.want)
			}
			if _, err = e.Evaluate(t.Context(), expr.Condition{Op: op, Terms: []expr.Condition{second.condition(t), r.first}}); err == nil {
				t.Errorf("%s with %s first: no error", r.op, second.op)
			}
		}
	}
}
