package execute_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

const (
	carryOn = "onFailure: Continue,"
	ignore  = "onFailure: Ignore,"
)

var executions = conformance{
	"EXEC-01": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "exit 3"), sh("b", "true")), build(sh("c", "true")))
		o.want(report.Failed, "a=failed")
		o.wantMessage("a", "ExecuteBash: exit code 3")
		if want := "Document doc1.yaml failed!"; o.sum.FailureMessage != want {
			t.Errorf("failure message %q, want %q", o.sum.FailureMessage, want)
		}
	},
	"EXEC-02": func(t *testing.T) {
		text := build(sh("a", "exit 3", carryOn), sh("b", "true")) + "- name: validate\n  steps:\n  - " + sh("c", "true") + "\n"
		o := newBench(t).run(text, build(sh("d", "exit 1")))
		o.want(report.Failed, "a=failed b=success c=success d=failed")
		if want := "Document doc1.yaml failed!; Document doc2.yaml failed!"; o.sum.FailureMessage != want {
			t.Errorf("failure message %q, want %q", o.sum.FailureMessage, want)
		}
	},
	"EXEC-03": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "exit 3", ignore), sh("b", "true")))
		o.want(report.SuccessIgnored, "a=ignoredFailure b=success")
	},
	"EXEC-04": func(t *testing.T) {
		newBench(t).run(build(sh("a", "exit 3", ignore), sh("b", "exit 1", carryOn))).want(report.Failed, "a=ignoredFailure b=failed")
	},
	"EXEC-05": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "echo x >> n; wc -l < n; test $(wc -l < n) = 3", "maxAttempts: 3,")))
		o.want(report.Success, "a=success").wantStdout("a", "3")
		if got := o.ends()["a"].Attempts; got != 3 {
			t.Errorf("%d attempts, want 3", got)
		}
	},
	"EXEC-06": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "echo $$ >> pids; sleep 60 & echo $! >> pids; wait", "timeoutSeconds: 1, maxAttempts: 2,")))
		o.want(report.Failed, "a=failed").wantMessage("a", "timed out after 1 seconds")
		pids := strings.Fields(o.file("pids"))
		if len(pids) != 4 {
			t.Errorf("%d processes were started, want 4 in two attempts", len(pids))
		}
		for _, pid := range pids {
			if state, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil && !strings.Contains(string(state), ") Z ") {
				t.Errorf("process %s is still there: %s", pid, state)
			}
		}
	},
	"EXEC-07": func(t *testing.T) {
		begin := time.Now()
		o := newBench(t).run(build(sh("a", "sleep 20 & echo hello")))
		o.want(report.Success, "a=success").wantStdout("a", "hello")
		if took := time.Since(begin); took > 6*time.Second {
			t.Errorf("the step took %s", took)
		}
	},
	"EXEC-08": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "kill -9 $$")))
		o.want(report.Failed, "a=failed")
		if code := o.ends()["a"].ExitCode; code == nil || *code != 137 {
			t.Errorf("exit code %v, want 137", code)
		}
	},
	"EXEC-09": func(t *testing.T) {
		b := newBench(t)
		b.run(build(sh("a", "cd /; export FOO=1"), sh("b", "echo $PWD:$FOO"))).want(report.Success, "a=success b=success").wantStdout("b", b.dir+":")
	},
	"EXEC-10": func(t *testing.T) {
		env := execute.Environment([]string{"SLIPWAY_EVENTS_FD=3", "A=b", "WORKING_DIRECTORY=old"}, "/w", 0, nil)
		want := []string{"A=b", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LOGNAME=root", "WORKING_DIRECTORY=/w"}
		if diff := cmp.Diff(want, env); diff != "" {
			t.Error(diff)
		}
		env = execute.Environment(nil, "/w", 7, strings.NewReader("x:x:6:6::/x:\nann:x:7:7::/home/ann:/bin/sh\n"))
		if got := strings.Join(env[1:4], " "); got != "HOME=/home/ann USER=ann LOGNAME=ann" {
			t.Errorf("environment of uid 7: %s", got)
		}
	},
	"EXEC-11": func(t *testing.T) {
		newBench(t).run(build(sh("a", "cat; echo end"))).want(report.Success, "a=success").wantStdout("a", "end")
	},
	"EXEC-12": func(t *testing.T) {
		b := newBench(t)
		b.run(build(sh("a", "echo ${BASH_SOURCE[0]}; touch $(dirname $0)/more"), sh("b", "exit 1"))).want(report.Failed, "a=success b=failed")
		left, err := filepath.Glob(filepath.Join(b.options.WorkDir, "*", "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	},
	"EXEC-13": func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		b.options.Processes = &execute.Processes{}
		go func() {
			for len(b.options.Processes.Running()) == 0 {
				time.Sleep(time.Millisecond)
			}
			cancel(action.ErrInterrupted)
		}()
		o := b.runContext(ctx, build(sh("a", "exec sleep 60", "maxAttempts: 3,", ignore), sh("b", "true")))
		o.want(report.Failed, "a=failed").wantMessage("a", "interrupted")
	},
	"EXEC-18": func(t *testing.T) {
		o := newBench(t).run(build(
			sh("a", "exit 3", ignore), sh("b", "true", ignore),
			sh("c", "true", ignore, "if: {fileExists: /no/such},"), sh("d", "true", ignore, "if: {fileExists: /no/such, else: Abort},"),
		))
		o.want(report.SuccessIgnored, "a=ignoredFailure b=success c=skipped d=ignoredFailure")
		if o.sum.ExecutedStepCount != 3 || o.sum.IgnoredFailedStepCount != 2 || o.sum.FailedStepCount != 0 {
			t.Errorf("counts: %+v", o.sum)
		}
	},
}

// holds checks which conditions, YAML flow maps, are true on the machine of the bench.
func (b *bench) holds(conditions map[string]bool) {
	b.t.Helper()
	for condition, want := range conditions {
		o := b.run(build(sh("a", "true", "if: "+condition+",")))
		if got := o.statuses(); got != map[bool]string{true: "a=success", false: "a=skipped"}[want] {
			b.t.Errorf("%s: %s, want it %t; %s", condition, got, want, o.messages())
		}
	}
}

var conditions = conformance{
	"CMP-12": func(t *testing.T) {
		b := newBench(t)
		for name, mode := range map[string]os.FileMode{"bin/tool": 0o755, "bin/text": 0o644, "bin/folder/x": 0o644, "other/far": 0o755} {
			b.write(name, "")
			if err := os.Chmod(filepath.Join(b.dir, name), mode); err != nil {
				t.Fatal(err)
			}
		}
		b.options.Search = filepath.Join(b.dir, "bin")
		b.holds(map[string]bool{
			"{binaryExists: tool}": true, "{binaryExists: text}": false, "{binaryExists: folder}": false, "{binaryExists: far}": false,
			"{binaryExists: other/far}": true, "{binaryExists: ./bin/text}": false, "{binaryExists: ./tool}": false,
			"{binaryExists: '" + b.dir + "/bin/tool'}": true,
			"{binaryExists: cd}":                       false, // only a builtin of shells
			"{binaryExists: no-such-tool}":             false, "{binaryExists: ''}": false,
		})
	},
	"CMP-13": func(t *testing.T) {
		b := newBench(t)
		b.write("folder/file", "")
		for link, target := range map[string]string{"link": "folder/file", "linked": "folder", "dangling": "nowhere"} {
			if err := os.Symlink(target, filepath.Join(b.dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		socket, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(b.dir, "socket"))
		if err != nil {
			t.Fatal(err)
		}
		defer socket.Close()
		b.holds(map[string]bool{
			"{fileExists: folder/file}": true, "{fileExists: folder}": false, "{fileExists: link}": true, "{fileExists: linked}": false,
			"{fileExists: dangling}": false, "{fileExists: socket}": true, "{fileExists: /dev/null}": true, "{folderExists: linked}": true,
		})
	},
	"COND-01": func(t *testing.T) {
		newBench(t).run(build(
			sh("a", "true", "if: {stringIsEmpty: ''},"), sh("b", "true", "if: {stringIsEmpty: x},"),
		)).want(report.Success, "a=success b=skipped")
	},
	"COND-02": func(t *testing.T) {
		for word, status := range map[string]report.Status{"Execute": report.Success, "Skip": report.Skipped, "Abort": report.Failed} {
			o := newBench(t).run(build(
				sh("a", "true", carryOn, "if: {stringIsEmpty: '', then: "+word+", else: Execute},"),
				sh("b", "true", carryOn, "if: {stringIsEmpty: x, then: Execute, else: "+word+"},"),
			))
			if got, want := o.statuses(), "a="+string(status)+" b="+string(status); got != want {
				t.Errorf("%s: %s, want %s", word, got, want)
			}
		}
	},
	"COND-03": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "true", "if: {fileExists: /no/such},"))).want(report.Success, "a=skipped")
		if o.sum.ExecutedStepCount != 0 {
			t.Errorf("%d steps executed", o.sum.ExecutedStepCount)
		}
		if got := o.ends()["a"].Attempts; got != 0 {
			t.Errorf("%d attempts", got)
		}
	},
	"COND-04": func(t *testing.T) {
		o := newBench(t).run(build(
			sh("a", "true", carryOn, "maxAttempts: 3, if: {fileExists: /no/such, else: Abort},"), sh("b", "true"),
		))
		o.want(report.Failed, "a=failed b=success").wantMessage("a", "condition")
		if n := count[report.StepAttempt](o, "a"); n != 0 {
			t.Errorf("%d attempts", n)
		}
	},
	"COND-05": func(t *testing.T) {
		newBench(t).run(build(sh("a", "true", "if: [{fileExists: /no/such}],"))).want(report.Success, "a=skipped")
	},
	"COND-07": func(t *testing.T) {
		b := newBench(t)
		b.run(build(
			sh("s", "true", "if: {stringIsEmpty: x},"),
			sh("a", "true", "if: {and: [{stringIsEmpty: x}, {stringIsEmpty: '{{ build.s.outputs.stdout }}'}]},"),
			sh("b", "true", "if: {or: [{stringIsEmpty: ''}, {stringIsEmpty: '{{ build.s.outputs.stdout }}'}]},"),
		)).want(report.Success, "s=skipped a=skipped b=success")
	},
	"COND-08": func(t *testing.T) {
		newBench(t).run(build(
			sh("a", "true", "if: {not: {fileExists: /no/such}},"), sh("b", "true", "if: {not: [{fileExists: /no/such}]},"),
		)).want(report.Success, "a=success b=success")
	},
	"COND-10": func(t *testing.T) {
		o := newBench(t).run(build(sh("a", "touch there; false", "maxAttempts: 2, if: {not: {fileExists: there}},")))
		o.want(report.Failed, "a=failed")
		if a, c := count[report.StepAttempt](o, "a"), count[report.StepCondition](o, "a"); a != 2 || c != 1 {
			t.Errorf("%d attempts, %d evaluations", a, c)
		}
		o = newBench(t).run(build(sh("a", "test -e there || { touch there; exit 194; }", "if: {not: {fileExists: there}},")))
		o.want(report.Success, "a=success")
	},
	"COND-12": func(t *testing.T) {
		newBench(t).run(build(
			sh("a", "true", "if: {stringIsEmpty: '', then: Skip},"), sh("b", "true", "if: {stringIsEmpty: x, then: Skip},"),
		)).want(report.Success, "a=skipped b=skipped")
	},
	"COND-13": func(t *testing.T) {
		newBench(t).run(build(
			sh("s", "true", "if: {stringIsEmpty: x},"),
			sh("a", "true", ignore, "if: {stringIsEmpty: '{{ build.s.outputs.stdout }}'},"),
		)).want(report.SuccessIgnored, "s=skipped a=ignoredFailure").wantMessage("a", "skipped")
	},
	"COND-14": func(t *testing.T) {
		newBench(t).run(build(
			sh("a", "true", "if: {not: {fileExists: /no/such, then: Skip, else: Execute}},"),
			sh("b", "true", "if: {value: A, stringEquals: a},"),
		)).want(report.Success, "a=skipped b=success")
	},
}
