package command

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/runner"
)

// healthcheck runs the command with a script as the probe.
func healthcheck(t *testing.T, script string, flags ...string) (code int, stdout, stderr string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the probe is a shell script")
	}
	args := append(append([]string{"healthcheck"}, flags...), "--", "/bin/sh", "-c", script)
	return call(t.Context(), os.Environ(), args...)
}

func TestHealthcheckTriesUntilTheProbeSucceeds(t *testing.T) {
	count := filepath.Join(t.TempDir(), "count")
	code, stdout, stderr := healthcheck(t, `echo try >> "`+count+`"; test $(wc -l < "`+count+`") = 3`, "--interval", "1ms", "--timeout", "1m")
	tries, err := os.ReadFile(count)
	if err != nil {
		t.Fatal(err)
	}
	if code != runner.ExitSuccess || stderr != "" || strings.Count(string(tries), "try") != 3 {
		t.Errorf("exit code %d after %q, stdout %q, stderr %q", code, tries, stdout, stderr)
	}
}

func TestHealthcheckTellsWhatTheProbeSaid(t *testing.T) {
	code, stdout, stderr := healthcheck(t, "echo starting; echo refused >&2; exit 7", "--interval", "1ms", "--timeout", "200ms")
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if !strings.Contains(stdout, "starting\nrefused\n") || !strings.Contains(stderr, "/bin/sh -c") {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
}

func TestHealthcheckCutsOffAProbeThatHangs(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	begun := time.Now()
	code, _, stderr := healthcheck(t, `test -e "`+mark+`" && exit 0; touch "`+mark+`"; exec sleep 1000`,
		"--probe-timeout", "200ms", "--interval", "1ms", "--timeout", "1m")
	if code != runner.ExitSuccess {
		t.Errorf("exit code %d, stderr %q: the second probe succeeds", code, stderr)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestHealthcheckDoesNotWaitForWhatAProbeLeftBehind(t *testing.T) {
	begun := time.Now()
	// The child keeps the probe's output open.
	code, _, _ := healthcheck(t, "sleep 20 & exit 1", "--interval", "1ms", "--timeout", "100ms")
	if took := time.Since(begun); code != 1 || took > 10*time.Second {
		t.Errorf("exit code %d after %v", code, took)
	}
}

func TestHealthcheckWithoutACommandOrWithABadDuration(t *testing.T) {
	for want, args := range map[string][]string{
		"a command is needed":      {"--timeout", "1s"},
		"a command is needed ":     {"--"},
		"--interval":               {"--interval", "soon", "--", "true"},
		"--probe-timeout":          {"--probe-timeout", "3", "--", "true"},
		`unknown flag "--retries"`: {"--retries", "3", "--", "true"},
	} {
		code, _, stderr := call(t.Context(), nil, append([]string{"healthcheck"}, args...)...)
		if code != runner.ExitUsage || !strings.Contains(stderr, strings.TrimSpace(want)) {
			t.Errorf("%q: exit code %d, stderr %q, want %q", args, code, stderr, want)
		}
	}
	code, _, stderr := call(t.Context(), nil, "healthcheck", "--timeout", "10ms", "--interval", "1ms", "--", "/none/such")
	if code != 1 || !strings.Contains(stderr, "/none/such") {
		t.Errorf("a probe that is not there: exit code %d, stderr %q", code, stderr)
	}
}
