package runner

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/execute"
)

// environment returns the environment of steps, with the stand-in for sudo in front when it is wanted and missing.
func (r *run) environment() []string {
	env := execute.OwnEnvironment(r.Environ, r.dir)
	if !r.SudoShim {
		return env
	}
	for i, kv := range env {
		path, ok := strings.CutPrefix(kv, "PATH=")
		if !ok || hasProgram(path, "sudo") {
			continue
		}
		if dir, err := r.sudoFolder(); err != nil {
			r.warn("no stand-in for sudo: %v", err)
		} else {
			env[i] = "PATH=" + dir + ":" + path
		}
	}
	return env
}

// sudoFolder makes the private folder that holds the stand-in: a link to this very program, see Sudo.
func (r *run) sudoFolder() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(r.workDir, "sudo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	link := filepath.Join(dir, "sudo")
	if _, err := os.Lstat(link); err == nil {
		return dir, nil
	}
	return dir, os.Symlink(self, link)
}

func hasProgram(path, name string) bool {
	for _, dir := range filepath.SplitList(path) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return true
		}
	}
	return false
}
