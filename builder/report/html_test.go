package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/result"
)

const hostile = `</pre><script>document.title = "hacked"</script><img src=x onerror="document.title='hacked'">`

// failedRun is a run on disk whose second component failed.
func failedRun(t *testing.T) Record {
	t.Helper()
	dir := t.TempDir()
	run, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := run.LogFolder(event.StageBuild, 2, "nginx")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "console.log"), []byte("first line\n"+hostile+"\nE: no such package\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code := 100
	res := &result.Result{
		Status: result.Failed, Stage: "build", StartTime: time.Date(2031, 4, 9, 7, 15, 2, 0, time.UTC),
		Recipe: result.Recipe{Name: "web", Version: "1.4.0", Build: 3, File: "recipe.yaml"},
		Parent: result.Parent{Reference: "debian:12", Digest: "sha256:" + strings.Repeat("12", 32)},
		Components: []result.Component{
			{Name: "base", Version: "1.0.0", Status: "success", Cached: true, Phases: []result.Phase{{Name: "build", Status: "success", Steps: []result.Step{{Name: "Set", Action: "CreateFile", Status: "success"}}}}},
			{Name: "nginx", Version: "1.2.1", Status: "failed", Why: `parameter "Port" changed`, Duration: result.Seconds(3 * time.Second), LogFolder: run.Relative(folder), Phases: []result.Phase{{Name: "build", Status: "failed", Steps: []result.Step{
				{Name: "Install", Action: "ExecuteBash", Status: "failed", Duration: result.Seconds(2 * time.Second), Attempts: 2, ExitCode: &code, FailureMessage: "exit code 100: " + hostile},
			}}}},
		},
		Tests:    []result.Component{},
		Timings:  result.Timings{Resolve: result.Seconds(time.Second), Build: result.Seconds(3 * time.Second), Total: result.Seconds(4 * time.Second)},
		Error:    &result.Error{Code: 1, Message: `component "nginx", phase build, step "Install": exit code 100`, Hint: "build again", Component: "nginx", Phase: "build", Step: "Install"},
		Warnings: []string{"a package cache was left"},
	}
	if err := run.Finish(res); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, Latest)
}

// interruptedRun is a run whose process died in a test.
func interruptedRun(t *testing.T) Record {
	t.Helper()
	dir := t.TempDir()
	run, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	test := event.Event{Time: now, Stage: event.StageTest, Component: "smoke", Index: 2, Phase: "test", Step: "Wait"}
	of := func(e event.Event, change func(*event.Event)) event.Event { change(&e); return e }
	for _, e := range []event.Event{
		{Time: now, Type: event.BuildStart, Recipe: "web", Version: "1.4.0/3"},
		{Time: now, Type: event.StageStart, Stage: event.StageBuild},
		{Time: now, Type: event.StageEnd, Stage: event.StageBuild, Status: event.Success, Duration: 2 * time.Second},
		{Time: now, Type: event.StageStart, Stage: event.StageTest},
		of(test, func(e *event.Event) { e.Type, e.Phase, e.Step = event.ComponentStart, "", "" }),
		of(test, func(e *event.Event) { e.Type, e.Step = event.PhaseStart, "" }),
		of(test, func(e *event.Event) { e.Type = event.StepStart }),
		of(test, func(e *event.Event) { e.Type, e.Text = event.StepOutput, "still waiting "+hostile }),
	} {
		run.Send(e)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, Latest)
}

func TestPageInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed (Debian: apt install chromium)")
	}
	for name, tt := range map[string]struct {
		record Record
		want   []string
	}{
		"failed": {failedRun(t), []string{
			"<title>web 1.4.0/3: Build failed in stage build</title>", "parameter \"Port\" changed", "exit code 100", "2 attempts",
			"nothing it depends on has changed", "a package cache was left", "E: no such package", "build again", "sha256:1212", "not reached",
			"&lt;script&gt;document.title", "&lt;img src=x onerror=",
		}},
		"interrupted": {interruptedRun(t), []string{
			"<title>web 1.4.0: Build interrupted in stage test</title>", "smoke", "test / Wait", "cut off", "still waiting &lt;/pre&gt;&lt;script&gt;",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			story, err := tt.record.Story()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "report.html")
			var page bytes.Buffer
			if err := WriteHTML(&page, story); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file)
			dom, err := cmd.Output()
			if err != nil {
				t.Fatalf("chromium: %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(dom), want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			if strings.Contains(string(dom), "hacked</title>") || strings.Contains(string(dom), "<img") || strings.Contains(string(dom), "<script") {
				t.Error("text of a log became part of the page")
			}
			for _, foreign := range []string{"http://", "https://", "src=", "<link"} {
				if strings.Contains(strings.ReplaceAll(page.String(), "src=x onerror", ""), foreign) {
					t.Errorf("the page needs something from elsewhere: %q", foreign)
				}
			}
			if t.Failed() {
				t.Logf("%s", dom)
			}
		})
	}
}

func TestPageWithoutABrowser(t *testing.T) {
	story, err := failedRun(t).Story()
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := WriteHTML(&page, story); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); strings.Contains(text, "<script") || !strings.Contains(text, "E: no such package") {
		t.Errorf("page:\n%s", text)
	}
}

func TestMergedJUnit(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"nested.xml": `<?xml version="1.0"?><testsuites><testsuite name="outer"><testsuite name="inner"><testcase name="a" classname="x" time="1.5"/><testcase name="b"><failure message="no">why</failure></testcase></testsuite></testsuite></testsuites>`,
		"single.xml": `<testsuite name="single" tests="99"><testcase name="c"><skipped/></testcase></testsuite>`,
		"broken.xml": `<testsuite><testcase`,
		"other.xml":  `<html/>`,
	}
	res := &result.Result{RunFolder: dir}
	for _, name := range []string{"nested.xml", "single.xml", "broken.xml", "other.xml"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		res.Reports = append(res.Reports, result.Report{Type: "junit", Declared: "/r/*.xml", Path: "/r/" + name, File: name})
	}
	res.Reports = append(res.Reports,
		result.Report{Type: "file", Declared: "/log", Path: "/log", File: "log"},
		result.Report{Type: "file", Declared: "/none", Problem: "no component and no test wrote it"})
	var b bytes.Buffer
	if err := WriteJUnit(&b, res); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<testsuites name=" " tests="6" failures="1" errors="3" skipped="1"`,
		`<testsuite name="inner" tests="2" failures="1"`, `<failure message="no">why</failure>`, `<testsuite name="single" tests="1"`,
		`name="/r/broken.xml"`, `message="not JUnit XML: its root is &#34;html&#34;"`, `name="/none"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

func TestGitHub(t *testing.T) {
	res, err := failedRun(t).Result()
	if err != nil {
		t.Fatal(err)
	}
	res.Components[1].Phases[0].Steps[0].FailureMessage = "100% wrong\nsecond line"
	var b bytes.Buffer
	if err := WriteAnnotations(&b, res); err != nil {
		t.Fatal(err)
	}
	want := "::error file=recipe.yaml::component nginx, phase build, step Install: 100%25 wrong%0Asecond line\n::warning::a package cache was left\n"
	if b.String() != want {
		t.Errorf("annotations %q, want %q", b.String(), want)
	}
	b.Reset()
	if err := annotate(&b, "error", "a,b.yaml:9:15: no such component", ""); err != nil {
		t.Fatal(err)
	}
	if want := "::error file=a%2Cb.yaml,line=9,col=15::no such component\n"; b.String() != want {
		t.Errorf("annotation %q, want %q", b.String(), want)
	}
	b.Reset()
	if err := WriteMarkdown(&b, res); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"### ❌ web 1.4.0/3: Build failed in stage build", "| nginx 1.2.1 | ❌ failed | 3s |", "> ⚠️ a package cache was left"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
