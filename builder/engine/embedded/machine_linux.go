package embedded

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
)

// checkMachine looks for what the builder needs of this machine before it is started, so that the message names the
// package to install.
func checkMachine(o Options) error {
	runtime := o.Runtime
	if runtime == "" {
		runtime = "runc"
	}
	if _, err := exec.LookPath(runtime); err != nil {
		return &Error{
			What: fmt.Sprintf("the OCI runtime %q is not in PATH", runtime),
			Mend: "install it: " + installHint(runtime, osID()),
		}
	}
	if os.Geteuid() == 0 {
		return nil
	}
	return checkUserNamespace()
}

// checkUserNamespace looks for what rootlesskit needs to map more than one user id.
func checkUserNamespace() error {
	for _, tool := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(tool); err != nil {
			return &Error{
				What: fmt.Sprintf("%q is not in PATH; it is needed to build as a plain user", tool),
				Mend: "install it: " + installHint("uidmap", osID()) + "; or run slipway as root, or use --builder docker",
			}
		}
	}
	me, err := user.Current()
	if err != nil {
		return &Error{What: "the current user is unknown", Err: err}
	}
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		if !hasRange(file, me.Username, me.Uid) {
			return &Error{
				What: fmt.Sprintf("user %q has no range of subordinate ids in %s", me.Username, file),
				Mend: fmt.Sprintf("ask an administrator for: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s", me.Username),
			}
		}
	}
	if text, err := os.ReadFile("/proc/sys/user/max_user_namespaces"); err == nil && strings.TrimSpace(string(text)) == "0" {
		return &Error{
			What: "user namespaces are switched off on this machine",
			Mend: "switch them on: sysctl -w user.max_user_namespaces=28633; or use --builder docker",
		}
	}
	return nil
}

func hasRange(file, name, uid string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		owner, _, _ := strings.Cut(scan.Text(), ":")
		if owner == name || owner == uid {
			return true
		}
	}
	return false
}

// osID returns the ID and ID_LIKE words of os-release (freedesktop.org os-release(5)).
func osID() string {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return ""
	}
	var ids []string
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ID" || key == "ID_LIKE" {
			ids = append(ids, strings.Trim(value, `"`))
		}
	}
	return strings.Join(ids, " ")
}

// installHint is the command that installs a package on the distribution of ids.
func installHint(pkg, ids string) string {
	if pkg == "uidmap" && !strings.Contains(ids, "debian") && !strings.Contains(ids, "ubuntu") {
		pkg = "shadow-utils"
	}
	switch {
	case strings.Contains(ids, "debian"), strings.Contains(ids, "ubuntu"):
		return "apt-get install " + pkg
	case strings.Contains(ids, "fedora"), strings.Contains(ids, "rhel"), strings.Contains(ids, "centos"):
		return "dnf install " + pkg
	case strings.Contains(ids, "suse"):
		return "zypper install " + pkg
	case strings.Contains(ids, "alpine"):
		return "apk add " + pkg
	case strings.Contains(ids, "arch"):
		return "pacman -S " + pkg
	default:
		return "the package " + pkg + " of your distribution"
	}
}
