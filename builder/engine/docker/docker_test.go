package docker

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The container has the BuildKit whose client is linked in.
func TestDefaultImageIsTheBuildKitOfTheModule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^\s*github\.com/moby/buildkit (v\S+)`).FindSubmatch(text)
	if version == nil || DefaultImage != "moby/buildkit:"+string(version[1]) {
		t.Errorf("the image is %s, the module has %s", DefaultImage, version[1])
	}
}

// dockerCommand puts a docker command into PATH that says something and fails.
func dockerCommand(t *testing.T, says string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\ncat >&2 <<'END'\n" + says + "\nEND\nexit 125\n"
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func TestFaultsOfDockerAreExplained(t *testing.T) {
	for name, tt := range map[string]struct{ says, what, hint string }{
		"no engine": {
			"Cannot connect to the Docker daemon at unix:///none.sock. Is the docker daemon running?",
			"Cannot connect to the Docker daemon at unix:///none.sock", "DOCKER_HOST",
		},
		"another fault": {"docker: Error response from daemon: no space left on device.\nSee 'docker run --help'.\n\nRun 'docker run --help' for more information", "docker container inspect: Error response from daemon: no space left", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dockerCommand(t, tt.says)
			_, err := Start(t.Context(), "")
			var failed *Error
			if !errors.As(err, &failed) || !strings.HasPrefix(failed.Error(), tt.what) || !strings.Contains(failed.Hint(), tt.hint) || failed.ExitCode() != 5 {
				t.Errorf("error %q, hint %q; want %q and %q", err, failed.Hint(), tt.what, tt.hint)
			}
		})
	}
}

func TestWithoutTheDockerCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), "")
	var failed *Error
	if !errors.As(err, &failed) || !strings.Contains(failed.Error(), "docker command") || !strings.Contains(failed.Hint(), "apt install docker.io") {
		t.Errorf("error %v", err)
	}
}

func TestNoContainerIsNoFault(t *testing.T) {
	dockerCommand(t, "Error: No such container: "+Container)
	info, err := Status(t.Context())
	if err != nil || info.Exists || info.Running || info.Address != Address {
		t.Errorf("%+v, %v", info, err)
	}
	if ran, err := Stop(t.Context()); ran || err != nil {
		t.Errorf("Stop() = %v, %v", ran, err)
	}
}
