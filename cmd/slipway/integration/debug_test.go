//go:build linux

package integration

import (
	"encoding/hex"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

// typed runs slipway with text on its standard input.
func (h *home) typed(text string, args ...string) *outcome {
	h.t.Helper()
	return h.startWith(strings.NewReader(text), args...).wait()
}

func (o *outcome) wantStdout(texts ...string) {
	o.t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.stdout, text) {
			o.t.Errorf("slipway %q: stdout does not contain %q:\n%s%s", o.args[1:], text, o.stdout, o.stderr)
		}
	}
}

// chained is a component whose third step fails until a file is there, whose name an earlier step has read, and whose
// last step never ran.
func chained(name string, phase func(...step) phase) document {
	return component(name, chainedPhase(phase))
}

func chainedPhase(named func(...step) phase) phase {
	return named(
		createFile("/name", "wanted"),
		step{"action": "ReadFile", "inputs": []any{map[string]any{"path": "/name"}}},
		step{"action": "CopyFile", "inputs": []any{map[string]any{"source": "/{{ " + named().Name + ".Step2.outputs.content }}", "destination": "/copy"}}},
		createFile("/after", "the last step"),
	)
}

// diskUse are the bytes of the files in a folder.
func diskUse(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func TestWF21KeepFailed(t *testing.T) { //nolint:tparallel // its parts look at one home, one after the other
	t.Parallel()
	h := newHome(t)
	large := createFile("/large", hex.EncodeToString(ocitest.Noise(300_000, 7))) // of 300 kB when compressed
	p := newProject(t, "scratch", component("first", build(large)), chained("second", build))

	h.run("build", p.dir).wantCode(1, "Next:  slipway build --keep-failed")
	h.run("shell", "latest", "--", "slipway-runner", "--version").wantCode(2, "kept no state", "--keep-failed")
	if len(h.pointers()) != 0 {
		t.Errorf("without --keep-failed the image store has %v", h.pointers())
	}
	before := diskUse(t, filepath.Join(h.dir, "images"))

	o := h.run("build", p.dir, "--keep-failed").wantCode(1)
	run := filepath.Base(h.runFolder())
	if !strings.Contains(o.stderr, "Next:  slipway shell "+run+"\n") {
		t.Errorf("the error does not name the shell:\n%s", o.stderr)
	}
	h.wantNothingLeft() // the builder has ended; the state is in the image store
	kept := diskUse(t, filepath.Join(h.dir, "images"))
	if kept < before+300_000 {
		t.Errorf("%d bytes are kept", kept-before)
	}
	t.Run("commands", func(t *testing.T) {
		h := h.of(t)
		h.run("shell", run, "--", "slipway-runner", "step", "--list").wantCode(0).
			wantStdout("PHASE", "build  Step1  success", "build  Step3  failed", "wanted")
		h.run("shell", run, "--", "slipway-runner", "step").wantCode(1).wantStdout("Step Step3", "/wanted")
		h.run("shell", run, "--", "slipway-runner", "step", "--rest", "Step4").wantCode(0).wantStdout("Step Step4")
		h.run("shell", run, "--", "slipway-runner", "step", "Stepp4").wantCode(1, `did you mean "Step4"?`)
		h.run("shell", run, "--", "/run/slipway/slipway-runner", "nonsense").wantCode(2, "unknown command")
	})
	t.Run("built-in shell", func(t *testing.T) {
		h := h.of(t)
		h.typed(`
set -e
cat /name
ls -l / | cat
cd /run/slipway/component; ls
echo mended > /wanted
slipway-runner step
cat /copy
if cat /after; then exit 9; fi 2>/dev/null
slipway-runner step --rest >/dev/null
cat /after
env | cat
`, "shell", run).wantCode(0).wantStdout("wanted", "large\n", "config.json\ndetailedoutput.json\ndocument.yaml\n", "mended\n", "Step Step3", "the last step", "PATH=")
		h.typed("exit 7\n", "shell", run).wantCode(7)
		h.typed("nothing-of-that-name\n", "shell", run).wantCode(127, "nothing-of-that-name")
		h.typed("cat /copy\n", "shell", run).wantCode(1, "no such file") // what a shell writes goes with it
	})
	t.Run("a mended document", func(t *testing.T) {
		mended := strings.Replace(chained("second", build).text, `"/copy"`, `"/other"`, 1)
		h := h.of(t)
		h.typed("cat > /d.yaml <<'END'\n"+mended+"\nEND\necho x > /wanted; slipway-runner step -d /d.yaml && cat /other\n", "shell", run).
			wantCode(0).wantStdout("x\n")
	})
	t.Run("two shells beside a build", func(t *testing.T) {
		h := h.of(t)
		in, out := io.Pipe()
		first := h.startWith(in, "shell", run)
		if _, err := io.WriteString(out, "echo begun\n"); err != nil {
			t.Fatal(err)
		}
		first.awaitStdout("begun")
		h.typed("echo second\n", "shell", run).wantCode(0).wantStdout("second\n")
		h.build(newProject(t, "scratch", fileWith("a", "a"))).wantCode(0)
		if _, err := io.WriteString(out, "cat /name\nexit 3\n"); err != nil {
			t.Fatal(err)
		}
		_ = out.Close()
		first.wait().wantCode(3).wantStdout("wanted")
	})
	h.run("builder", "prune").wantCode(0)
	h.run("shell", run, "--", "slipway-runner", "step", "--list").wantCode(0).wantStdout("Step3") // also with an empty builder
	h.run("runs", "prune", "--keep", "0").wantCode(0)
	h.run("shell", run).wantCode(2)
	if left := diskUse(t, filepath.Join(h.dir, "images")); left > kept-300_000 {
		t.Errorf("%d bytes in the image store after runs prune, %d before it, %d before the failed build", left, kept, before)
	}
}

func TestWF21KeepFailedTestContainers(t *testing.T) {
	t.Parallel()
	for name, phase := range map[string]func(...step) phase{"test": test, "container-host-test": hostTest} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			checks := chained("checks", phase)
			if name != "test" { // a component needs one of the usual phases too
				checks = component("checks", test(exists("/base")), chainedPhase(phase))
			}
			p := newProject(t, "scratch", component("base", build(createFile("/base", "b"))), checks, component("passes", test(exists("/base"))))
			h.build(p, "--keep-failed", "--test-isolation", "each").wantCode(3)
			h.typed("cat /name; slipway-runner step; echo y > /wanted; slipway-runner step && cat /copy /base\n", "shell", "latest").
				wantCode(0).wantStdout("wanted", "/wanted", "y\nb")
			h.wantNothingLeft()
		})
	}
	t.Run("time limit", func(t *testing.T) {
		h := shared(t)
		p := newProject(t, debian, component("slow", test(bash("echo here > /here", "sleep 60").with("timeoutSeconds", 2))))
		h.build(p, "--keep-failed").wantCode(3)
		run := filepath.Base(h.runFolder())
		h.run("shell", run, "--", "cat", "/here").wantCode(0).wantStdout("here\n")
		h.run("shell", run, "--", "sh", "-c", "exit 42").wantCode(42)
		h.typed("echo $0; slipway-runner step --list\n", "shell", run).wantCode(0).wantStdout("bash\n", "Step1  failed")
	})
}

// TestStateOfAComponentBehindATemplate enters what the template and the components left, with the environment of steps.
func TestStateOfAComponentBehindATemplate(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("first", build(bash("mkdir -p /d && ln -s /d /link && chown 12:34 /d"))),
		component("second", build(bash("echo $WORD $KEPT > /words"), bash("test \"$(cat /words)\" = other"))))
	p.template("FROM {{{ imagebuilder:parentImage }}}", "ARG WORD=argument", "ENV KEPT=yes", "{{{ imagebuilder:components }}}")
	h.build(p, "--keep-failed").wantCode(1)
	run := filepath.Base(h.runFolder())
	h.run("shell", run, "--", "sh", "-c", "cat /words; echo $WORD $KEPT; stat -c %u:%g /d; readlink /link; pwd").wantCode(0).
		wantStdout("argument yes\nargument yes\n12:34\n/d\n/tmp\n")
	h.typed("slipway-runner step || echo other > /words; slipway-runner step\n", "shell", run).wantCode(0)
}
