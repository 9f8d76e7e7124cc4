package recipe

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/document"
)

func TestTestsAndReports(t *testing.T) {
	r, err := Parse("recipe.yaml", []byte(head+`imageTestsConfiguration: {imageTestsEnabled: false, timeoutMinutes: 90}
reports:
  - /var/log/app.log
  - {path: "/tmp/results/**/*.xml", type: junit}
`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Tests{Off: true, TimeoutMinutes: 90}, r.Tests); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
	at := func(line, column int) document.Pos {
		return document.Pos{File: "recipe.yaml", Line: line, Column: column}
	}
	want := []Report{
		{Path: Text{"/var/log/app.log", at(5, 5)}, Type: ReportFile},
		{Path: Text{"/tmp/results/**/*.xml", at(6, 12)}, Type: ReportJUnit},
	}
	if diff := cmp.Diff(want, r.Reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestWrongTestsAndReports(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"imageTestsConfiguration: {timeoutMinutes: 0}", `recipe.yaml:3:43: timeoutMinutes is "0"; a number from 1 to 1440 is allowed`},
		{"imageTestsConfiguration: {timeoutMinutes: 1441}", `recipe.yaml:3:43: timeoutMinutes is "1441"; a number from 1 to 1440 is allowed`},
		{"imageTestsConfiguration: {enabled: true}", `recipe.yaml:3:27: unknown key "enabled" in imageTestsConfiguration`},
		{"reports: /a", `recipe.yaml:3:10: reports is a text, not a list`},
		{"reports: [a.xml]", `recipe.yaml:3:11: path "a.xml" is not the absolute path of files in the container`},
		{"reports: [/a/../b]", `recipe.yaml:3:11: path "/a/../b" is not the absolute path of files in the container`},
		{"reports: ['/a/[']", `recipe.yaml:3:11: path "/a/[" is not a pattern: syntax error in pattern`},
		{"reports: [/proc/cpuinfo]", `recipe.yaml:3:11: path "/proc/cpuinfo" is below a file system of the kernel or of the build; nothing is kept there`},
		{"reports: [{type: junit}]", `recipe.yaml:3:11: an entry of reports has no "path"`},
		{"reports: [{path: /a, type: xml}]", `recipe.yaml:3:28: type is "xml"; allowed: file, junit`},
		{"tests: {hostMode: host}", `recipe.yaml:3:1: unknown key "tests" in the recipe`}, // WF-16
	} {
		t.Run(test.text, func(t *testing.T) {
			_, err := Parse("recipe.yaml", []byte(head+test.text+"\n"))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}
