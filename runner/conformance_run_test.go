package runner_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

var loading = conformance{
	"EXEC-14": func(t *testing.T) {
		f := newFixture(t)
		r := f.documents(build(sh("a", "touch "+f.dir+"/ran")), "schemaVersion: 7\n").run().want(report.Failed, 1)
		if r.err == nil || !strings.Contains(r.FailureMessage, "in2.yaml") || r.ExecutedStepCount != 0 {
			t.Errorf("%+v, %v", r.Summary, r.err)
		}
		if _, err := os.Stat(filepath.Join(f.dir, "ran")); err == nil {
			t.Error("a step ran")
		}
		if got := r.types(); !strings.HasPrefix(got, "run.start log") || !strings.HasSuffix(got, "run.end") {
			t.Errorf("events: %s", got)
		}
	},
	"REF-27": func(t *testing.T) {
		f := newFixture(t)
		f.o.Phases = []string{"validate"}
		f.documents(build(sh("a", "echo x")) + "- name: validate\n  steps:\n  - " + sh("b", "echo {{ build.a.outputs.stdout }}") + "\n")
		r := f.run().want(report.Failed, 1)
		if !strings.Contains(r.events.String(), "ref-not-selected") || r.ExecutedStepCount != 0 {
			t.Errorf("%+v", r.Summary)
		}
	},
	"LOOP-04": func(t *testing.T) {
		f := newFixture(t)
		f.documents("schemaVersion: 1.0\nparameters:\n- Count: {type: string}\nphases:\n- name: build\n  steps:\n  - " +
			sh("a", "echo {{ loop.value }}", "loop: {for: {start: 1, end: '{{ Count }}', updateBy: 1}},") + "\n")
		f.o.Parameters = map[string]string{"Count": "3"}
		r := f.run().want(report.Success, 0)
		if got := r.steps()["a"]["outputs"]; got != `[{"stdout":"1\n2\n3"}]` {
			t.Errorf("outputs %s", got)
		}
		f.o.ExecutionID, f.o.Parameters = "id-2", map[string]string{"Count": "many"}
		if r := f.run().want(report.Failed, 1); r.ExecutedStepCount != 0 {
			t.Errorf("%+v", r.Summary)
		}
	},
	"NEST-03": func(t *testing.T) {
		f := newFixture(t)
		if err := os.Symlink("in1.yaml", filepath.Join(f.dir, "link.yaml")); err != nil {
			t.Fatal(err)
		}
		r := f.documents(build("{name: n, action: ExecuteDocument, inputs: {document: link.yaml}}")).run().want(report.Failed, 1)
		if got := fmt.Sprint(r.steps()["n"]["failureMessage"]); !strings.Contains(got, "calls itself") {
			t.Errorf("failure %q", got)
		}
	},
	"CLI-08": func(t *testing.T) {
		const arn = "arn:aws:imagebuilder:eu-west-1:123456789012:component/x/1.0.0/1"
		f := newFixture(t)
		for i, location := range []string{arn, "oci://registry.example/x:1"} {
			f.o.Documents, f.o.Locations.Map = []runner.DocumentInput{{Location: location}}, nil
			f.o.ExecutionID = fmt.Sprintf("bare-%d", i)
			r := f.run().want(report.Failed, 1)
			var hinted interface{ Hint() string }
			if !errors.As(r.err, &hinted) || !strings.Contains(hinted.Hint(), "--document-map") {
				t.Errorf("%s: %v", location, r.err)
			}
			local := f.write("local.yaml", build(sh("a", "true")))
			f.o.ExecutionID = fmt.Sprintf("mapped-%d", i)
			f.o.Locations.Map = runner.DocumentMap{location: {Path: local}}
			r = f.run().want(report.Success, 0)
			if !strings.Contains(r.log("detailedoutput.json"), `"filePath": "`+location+`"`) {
				t.Errorf("%s is not the filePath: %s", location, r.log("detailedoutput.json"))
			}
		}
		f.o.ExecutionID = "digest"
		f.o.Locations.Map = runner.DocumentMap{"oci://registry.example/x:1": {Path: f.dir + "/local.yaml", SHA256: strings.Repeat("0", 64)}}
		f.run().want(report.Failed, 1)
	},
	"CLI-09": func(t *testing.T) {
		text := build(sh("a", "true"))
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
		defer server.Close()
		f := newFixture(t)
		f.o.Documents = []runner.DocumentInput{{Location: fmt.Sprintf("%s/d.yaml#sha256=%x", server.URL, sha256.Sum256([]byte(text)))}}
		r := f.run().want(report.Success, 0)
		if got := r.log("document.yaml"); got != text {
			t.Errorf("document %q", got)
		}
		f.o.Documents[0].Location = server.URL + "/d.yaml#sha256=" + strings.Repeat("0", 64)
		f.o.ExecutionID = "id-2"
		f.run().want(report.Failed, 1)
	},
}

// rebootOnce asks for a restart the first time.
func rebootOnce(dir string) string {
	return fmt.Sprintf("test -e %s/rebooted || { touch %s/rebooted; exit 194; }; echo back", dir, dir)
}

var restarts = conformance{
	"BOOT-08": func(t *testing.T) {
		f := newFixture(t)
		f.documents(build(sh("a", "echo kept"), sh("s", rebootOnce(f.dir)), sh("z", "echo {{ build.a.outputs.stdout }}")))
		first := f.run()
		if !first.Pending || first.ExitCode != 194 {
			t.Fatalf("%+v", first.Report)
		}
		if got := first.steps()["a"]["status"]; got != "success" {
			t.Errorf("status of a before the reboot: %v", got)
		}
		second := f.run().want(report.Success, 0)
		if second.LogFolder != first.LogFolder || second.ExecutedStepCount != 3 {
			t.Errorf("%s after %s, %+v", second.LogFolder, first.LogFolder, second.Summary)
		}
		if got := second.steps()["z"]["outputs"]; got != `[{"stdout":"kept"}]` {
			t.Errorf("outputs of z: %v", got)
		}
		console := second.log("console.log")
		for _, text := range []string{"Executor: Getting reboot signal", "Executor: Rebooting the system now", "Executor: System has rebooted successfully"} {
			if strings.Count(console, text) != 1 {
				t.Errorf("%q is not once in:\n%s", text, console)
			}
		}
		if len(second.steps()) != 3 {
			t.Errorf("steps: %v", second.steps())
		}
	},
	"BOOT-09": func(t *testing.T) {
		f := newFixture(t)
		f.documents(build(sh("s", rebootOnce(f.dir)))).run()
		f.documents(build(sh("other", "true")))
		r := f.run().want(report.Failed, 1)
		if r.err == nil || !strings.Contains(r.err.Error(), "documents") {
			t.Errorf("error %v", r.err)
		}
		if got := r.types(); got != "log run.end" {
			t.Errorf("events: %s", got)
		}
		f.documents(build(sh("s", rebootOnce(f.dir))))
		f.o.Phases = []string{"build"}
		f.run().want(report.Failed, 1)
		f.o.Phases = nil
		f.run().want(report.Success, 0)
	},
	"BOOT-10": func(t *testing.T) {
		f := newFixture(t)
		f.o.StateDirectory = filepath.Join(f.dir, "state")
		f.documents(build(sh("s", rebootOnce(f.dir)), sh("z", "false")))
		f.run()
		state := filepath.Join(f.o.StateDirectory, "executionstate_id-1.json")
		info, err := os.Stat(state)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("state file: %v, %v", info, err)
		}
		f.run().want(report.Failed, 1)
		if left, _ := os.ReadDir(f.o.StateDirectory); len(left) > 0 {
			t.Errorf("left in the state directory: %v", left)
		}
	},
	"BOOT-13": func(t *testing.T) {
		f := newFixture(t)
		f.o.RebootMode = execute.RebootContainer
		r := f.documents(build(sh("a", "true"))).run()
		var usage *runner.UsageError
		if !errors.As(r.err, &usage) || r.ExitCode != runner.ExitUsage {
			t.Errorf("%+v, %v", r.Report, r.err)
		}
	},
}
