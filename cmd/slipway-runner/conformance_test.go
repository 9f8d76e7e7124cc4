//go:build linux

package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type conformance map[string]func(t *testing.T)

func TestConformance(t *testing.T) {
	t.Parallel()
	all := maps.Clone(commandLine)
	maps.Copy(all, containers)
	for id, test := range all {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

var commandLine = conformance{
	"VAR-01": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", "schemaVersion: 1.0\nparameters:\n- Own: {type: string, default: d1}\n- All: {type: string, default: d2}\n- None: {type: string, default: d3}\n"+
			"phases:\n- name: build\n  steps:\n  - "+sh("a", "echo {{ Own }} {{ All }} {{ None }}")+"\n")
		c.write("c.json", `{"documents":[{"path":"d.yaml","parameters":[{"name":"Own","value":"inner"}]},{"path":"d.yaml"}],
			"parameters":[{"name":"Own","value":"outer"},{"name":"All","value":"global"}]}`)
		c.run(0, "run", "-c", "c.json", "-l", "logs")
		console := c.log("console.log")
		for _, want := range []string{"Stdout: inner global d3\n", "Stdout: outer global d3\n"} {
			if !strings.Contains(console, want) {
				t.Errorf("%q is not in:\n%s", want, console)
			}
		}
		c.run(0, "run", "-d", "d.yaml", "-l", "flags", "--parameters", "All=x", "--parameters", "Own=y,All=z", "--trace")
		if want := "Stdout: y z d3\n"; !strings.Contains(c.stderr, want) {
			t.Errorf("%q is not in:\n%s", want, c.stderr)
		}
	},
	"CLI-01": func(t *testing.T) {
		c := newCall(t)
		c.write("c.json", `{"documents":[{"path":"d.yaml"}]}`)
		c.run(2, "run")
		c.run(2, "run", "-c", "c.json", "-d", "d.yaml")
		c.run(2, "run", "-c", "c.json", "--parameters", "a=b")
		c.run(2, "run", "-d", "d.yaml", "--documnets", "x")
		if want := `did you mean "--documents"?`; !strings.Contains(c.stderr, want) {
			t.Errorf("stderr %q, want %q in it", c.stderr, want)
		}
		c.run(2, "rum", "-d", "d.yaml")
		c.run(2)
		if c.stdout != "" || !strings.Contains(c.stderr, "validate") {
			t.Errorf("without a command: stdout %q, stderr %q", c.stdout, c.stderr)
		}
		c.run(0, "--help")
		c.run(0, "run", "--help")
		if !strings.Contains(c.stdout, "--working-directory") {
			t.Errorf("help: %s", c.stdout)
		}
	},
	"CLI-02": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps(sh("a", "true")))
		c.write("c.json", `{"documents":[{"path":"d.yaml"}],"logDirectory":"other","executionId":"from-file"}`)
		c.run(0, "run", "-c", "c.json", "--log-directory", "logs")
		if got := c.summary()["executionId"]; got != "from-file" {
			t.Errorf("execution id %v", got)
		}
		c.log("console.log")
	},
	"CLI-03": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps(sh("a", "exit 194")))
		c.run(194, "run", "-d", "d.yaml", "-i", "my-id", "-l", "logs", "-p", "build", "-s", "state", "-t", "-b", "bucket", "-k", "prefix")
		if _, err := os.Stat(filepath.Join(c.dir, "state", "executionstate_my-id.json")); err != nil {
			t.Error(err)
		}
		if c.stdout != "" || !strings.Contains(c.stderr, "Executor: STARTED EXECUTION OF ALL DOCUMENTS") {
			t.Errorf("stdout %q, stderr %q", c.stdout, c.stderr)
		}
		for _, flag := range []string{"-v", "--version"} {
			c.run(0, "run", flag)
			if c.stdout != "slipway-runner 1.2.3\n" {
				t.Errorf("%s: %q", flag, c.stdout)
			}
		}
		c.run(0, "validate", "-h")
	},
	"CLI-04": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", "schemaVersion: 1.0\nparameters:\n- aaa: {type: string}\n- hhh: {type: string}\nphases:\n- name: build\n  steps:\n  - "+
			sh("a", "echo {{ aaa }} {{ hhh }}")+"\n")
		c.run(0, "run", "-d", "d.yaml", "-l", "logs", "--parameters", `"hhh=x,y",aaa=1`)
		if console := c.log("console.log"); !strings.Contains(console, "Stdout: 1 x,y\n") {
			t.Errorf("console:\n%s", console)
		}
		for _, text := range []string{"n=", "n", "=v", `"n=v`, `"n=v"x`, "a=1,,b=2", ""} {
			c.run(2, "run", "-d", "d.yaml", "--parameters", text)
		}
	},
	"CLI-05": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", "schemaVersion: 1.0\nparameters:\n- Name: {type: string}\n- Port: {type: string}\nphases:\n- name: build\n  steps:\n  - "+
			sh("a", "echo {{ Name }} {{ Port }}")+"\n- name: test\n  steps:\n  - "+sh("b", "true")+"\n")
		c.write("c.json", "\ufeff"+`{"documents":[{"path":"d.yaml","parameters":[{"name":"Name","value":"inner"}]}],
			"parameters":[{"name":"Name","value":"outer"},{"name":"Port","value":8080}],
			"executonId":"odd","logDirectory":"logs","phases":["build"],"colour":"red"}`)
		c.run(0, "run", "--config=c.json")
		if got := c.summary(); got["executionId"] != "odd" || got["executedStepCount"] != 1.0 {
			t.Errorf("%v", got)
		}
		if console := c.log("console.log"); !strings.Contains(console, "Stdout: inner 8080") || !strings.Contains(console, `unknown key "colour"`) {
			t.Errorf("console:\n%s", console)
		}
	},
	"CLI-06": func(t *testing.T) {
		c := newCall(t)
		c.write("good.yaml", steps(sh("a", "true")))
		c.write("bad.yaml", "schemaVersion: 1.0\nphases:\n- name: build\n  steps:\n  - {name: a, action: ExecuteBas}\n")
		c.run(0, "validate", "--documents", "good.yaml")
		if diff := cmp.Diff("{\n    \"validationStatus\": \"success\",\n    \"message\": \"Document(s) [good.yaml] is/are valid.\",\n    \"diagnostics\": []\n}\n", c.stdout); diff != "" {
			t.Error(diff)
		}
		c.run(1, "validate", "-d", "good.yaml, bad.yaml")
		got := c.summary()
		if got["validationStatus"] != "failed" || !strings.Contains(got["message"].(string), "ExecuteBas") || !strings.Contains(c.stderr, "bad.yaml:5") {
			t.Errorf("%v\n%s", got, c.stderr)
		}
		c.run(1, "validate", "-d", "missing.yaml")
		if want := "missing.yaml: error: open missing.yaml: no such file or directory\n"; c.stderr != want {
			t.Errorf("stderr %q, want %q", c.stderr, want)
		}
		c.run(2, "validate")
		c.run(1, "run", "-d", "missing.yaml", "-l", "logs")
		if got := c.summary()["status"]; got != "failed" {
			t.Errorf("status %v", got)
		}
	},
	// A warning is shown once, also where the console log is.
	"DOC-08": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps("{name: a, action: CreateFile, inputs: [{path: f, colour: red}]}"))
		for _, flags := range [][]string{nil, {"--trace"}} {
			c.run(0, append([]string{"run", "-d", "d.yaml", "-l", t.TempDir()}, flags...)...)
			if got := strings.Count(c.stderr, `has no input "colour"`); got != 1 {
				t.Errorf("%v: %d warnings:\n%s", flags, got, c.stderr)
			}
		}
		c.run(1, "run", "-d", "d.yaml", "-l", "logs", "--strict")
	},
	"CLI-07": func(t *testing.T) {
		for flag, want := range map[string]int{"": 1, "--cw-ignore-failures": 0} {
			c := newCall(t)
			c.write("d.yaml", steps(sh("a", "true")))
			args := []string{"run", "-d", "d.yaml", "-l", "logs", "--cw-log-group", "g", "--cw-log-stream=s"}
			if flag != "" {
				args = append(args, flag)
			}
			c.run(0, args...)
			if got := strings.Count(c.log("console.log"), "CloudWatch"); got != want {
				t.Errorf("%q: %d warnings, want %d", flag, got, want)
			}
		}
	},
	"CLI-10": func(t *testing.T) {
		c := newCall(t)
		link := filepath.Join(c.dir, "awstoe")
		if err := os.Symlink(c.program, link); err != nil {
			t.Fatal(err)
		}
		c.program = link
		c.write("d.yaml", steps(sh("a", "true")))
		c.run(0, "run", "--documents", "d.yaml", "--log-directory", "logs")
		if got := c.summary()["status"]; got != "success" {
			t.Errorf("status %v", got)
		}
		c.run(0, "--version")
		if c.stdout != "awstoe 1.2.3\n" {
			t.Errorf("version %q", c.stdout)
		}
	},
	"CLI-11": func(t *testing.T) {
		var mu sync.Mutex
		stored := map[string]string{}
		status := http.StatusOK
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			if status == http.StatusOK && r.Method == http.MethodPut {
				stored[r.URL.Path] = string(text)
			}
			w.WriteHeader(status)
		}))
		defer server.Close()
		c := newCall(t)
		c.env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=key")
		c.write("d.yaml", steps(sh("a", "true")))
		c.run(0, "run", "-d", "d.yaml", "-l", "logs", "-i", "x", "-b", "bucket", "-k", "a/b")
		folder := filepath.Base(c.folder())
		if got, want := c.summary()["logUrl"], "s3://bucket/a/b/"+folder; got != want {
			t.Errorf("logUrl %v, want %s; %s", got, want, c.stderr)
		}
		mu.Lock()
		text := stored["/bucket/a/b/"+folder+"/console.log"]
		mu.Unlock()
		if !strings.Contains(text, "TOE has completed execution successfully") {
			t.Errorf("stored: %q", text)
		}
		mu.Lock()
		status = http.StatusForbidden
		mu.Unlock()
		c.run(0, "run", "-d", "d.yaml", "-l", "logs2", "-b", "bucket")
		if got := c.summary()["logUrl"].(string); !strings.HasPrefix(got, c.dir) || !strings.Contains(c.stderr, "not uploaded") {
			t.Errorf("logUrl %s, stderr %s", got, c.stderr)
		}
	},
	"LOG-05": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps(sh("a", "true"), sh("b", "touch started; sleep 60")))
		cmd, _, _ := c.command("run", "-d", "d.yaml", "-l", "logs")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, filepath.Join(c.dir, "started"))
		var text string
		for range 100 { // the file follows at its own pace
			if text = c.log("detailedoutput.json"); strings.Contains(text, `"name": "b"`) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		text = c.log("detailedoutput.json")
		if !json.Valid([]byte(text)) || strings.Count(text, `"status": "inProgress"`) != 4 {
			t.Errorf("detailed output of a killed run:\n%s", text)
		}
	},
	"LOG-06": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps(sh("a", "echo hello")))
		c.run(0, "run", "-d", "d.yaml", "-l", "logs", "--trace")
		if got := len(c.summary()); got != 7 {
			t.Errorf("%d fields in the summary", got)
		}
	},
	"EVT-02": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps(sh("a", "echo hello; ls /proc/self/fd | tr '\\n' ' '")))
		c.run(0, "run", "-d", "d.yaml", "-l", "l1", "--events-fd", "1")
		if lines := strings.Split(strings.TrimSpace(c.stdout), "\n"); !strings.Contains(lines[len(lines)-1], `"run.end"`) {
			t.Errorf("stdout %s", c.stdout)
		}
		c.run(0, "run", "-d", "d.yaml", "-l", "l2", "--events-fd", "2", "--trace")
		c.summary()
		for line := range strings.Lines(c.stderr) {
			if !json.Valid([]byte(line)) {
				t.Errorf("a line of stderr is no JSON: %s", line)
			}
		}
		cmd, out, errOut := c.command("run", "-d", "d.yaml", "-l", "l3")
		cmd.Env = append(os.Environ(), "SLIPWAY_EVENTS_FD=3")
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.ExtraFiles = []*os.File{w}
		events := make(chan string)
		go func() { text, _ := io.ReadAll(r); events <- string(text) }()
		err = cmd.Run()
		w.Close()
		c.finish(0, err, out, errOut, nil)
		if text := <-events; !strings.Contains(text, `"text":"0 1 2 3 "`) { // 3 is the folder that ls reads
			t.Errorf("descriptors of the step: %s", text)
		}
		c.run(2, "run", "-d", "d.yaml", "--events-fd", "77")
	},
	"EVT-03": func(t *testing.T) {
		c := newCall(t)
		c.write("d.yaml", steps(sh("a", "for i in {1..2000}; do echo line $i; done"), sh("b", "echo last")))
		for _, fd := range []string{"2", "3"} {
			cmd, out, errOut := c.command("run", "-d", "d.yaml", "-l", "logs"+fd, "--events-fd", fd)
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			if fd == "2" {
				cmd.Stderr = w
			} else {
				cmd.ExtraFiles = []*os.File{w}
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			w.Close()
			r.Close()
			c.finish(0, cmd.Wait(), out, errOut, nil)
			if got := c.summary()["executedStepCount"]; got != 2.0 {
				t.Errorf("%v steps", got)
			}
		}
	},
	"EXEC-13": func(t *testing.T) {
		for sig, code := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130} {
			c := newCall(t)
			c.write("d.yaml", steps(sh("a", "touch started; exec sleep 60", "onFailure: Continue,"), sh("b", "true")))
			cmd, out, errOut := c.command("run", "-d", "d.yaml", "-l", "logs", "--events-fd", "2")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, filepath.Join(c.dir, "started"))
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			c.finish(code, cmd.Wait(), out, errOut, nil)
			if got := c.summary(); got["status"] != "failed" || got["executedStepCount"] != 1.0 {
				t.Errorf("%v", got)
			}
			if detail := c.log("detailedoutput.json"); !strings.Contains(detail, `"failureMessage": "interrupted"`) || strings.Contains(detail, "inProgress") {
				t.Errorf("detailed output:\n%s", detail)
			}
			lines := strings.Split(strings.TrimSpace(c.stderr), "\n")
			if last := lines[len(lines)-1]; !strings.Contains(last, `"type":"run.end"`) {
				t.Errorf("last event %s", last)
			}
		}
	},
}

// waitFor waits until a file is there.
func waitFor(t *testing.T, path string) {
	t.Helper()
	for range 1000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s does not appear", path)
}

func TestArchive(t *testing.T) {
	c := newCall(t)
	c.write("d.yaml", steps(sh("a", "echo hello; exit 7")))
	c.run(1, "run", "-d", "d.yaml", "-l", "logs", "-i", "x", "--log-archive-fd", "1", "--events-fd", "2")
	names := map[string]bool{}
	r := tar.NewReader(strings.NewReader(c.stdout))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		folder, name, _ := strings.Cut(h.Name, "/")
		if !strings.HasPrefix(folder, "TOE_") || !strings.HasSuffix(folder, "_x") {
			t.Errorf("entry %q", h.Name)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if name == "console.log" && !bytes.Contains(text, []byte("TOE has completed execution with failure")) {
			t.Errorf("console.log in the archive:\n%s", text)
		}
		names[name] = true
	}
	for _, name := range []string{"", "document.yaml", "console.log", "application.log", "detailedoutput.json", "chaining.json"} {
		if !names[name] {
			t.Errorf("%q is not in the archive", name)
		}
	}
}

// TestSignalsReachTheCommand shows that the runner passes on signals that do not end it.
func TestSignalsReachTheCommand(t *testing.T) {
	c := newCall(t)
	c.write("d.yaml", steps(sh("a", "trap 'echo got it; exit' USR1; touch started; while true; do sleep 0.02; done")))
	cmd, out, errOut := c.command("run", "-d", "d.yaml", "-l", "logs")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(c.dir, "started"))
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	c.finish(0, cmd.Wait(), out, errOut, nil)
	if console := c.log("console.log"); !strings.Contains(console, "Stdout: got it") {
		t.Errorf("console:\n%s", console)
	}
}

func TestWorkingDirectory(t *testing.T) {
	c := newCall(t)
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	base := filepath.Join(c.dir, "base")
	if err := os.Mkdir(base, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(base, at, at); err != nil {
		t.Fatal(err)
	}
	doc := c.write("d.yaml", steps(sh("a", "echo $PWD $WORKING_DIRECTORY; touch left")))
	dir := filepath.Join(base, "deep", "down")
	c.write("c.json", fmt.Sprintf(`{"documents":[{"path":%q}],"logDirectory":%q,"workingDirectory":%q}`, doc, filepath.Join(c.dir, "logs"), dir))
	c.run(0, "run", "--config", "c.json")
	if console := c.log("console.log"); !strings.Contains(console, "Stdout: "+dir+" "+dir) {
		t.Errorf("console:\n%s", console)
	}
	if left, _ := os.ReadDir(base); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	info, err := os.Stat(base)
	if err != nil || !info.ModTime().Equal(at) {
		t.Errorf("time of the folder above: %v, %v", info.ModTime(), err)
	}
	kept := filepath.Join(c.dir, "kept")
	if err := os.Mkdir(kept, 0o755); err != nil {
		t.Fatal(err)
	}
	c.run(0, "run", "-d", doc, "-l", t.TempDir(), "--working-directory", kept)
	if _, err := os.Stat(filepath.Join(kept, "left")); err != nil {
		t.Errorf("an existing working directory: %v", err)
	}
}
