package execute

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
)

// defaultPath is the PATH of steps when the runner has none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Environment returns the environment of steps: the runner's own without its settings, completed with what every
// process may expect (component-document reference, 5.4). passwd is the text of /etc/passwd, or nil.
func Environment(runner []string, dir string, uid int, passwd io.Reader) []string {
	env := make([]string, 0, len(runner)+5)
	have := map[string]bool{}
	for _, kv := range runner {
		key, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(key, "SLIPWAY_") || key == "WORKING_DIRECTORY" {
			continue
		}
		have[key] = true
		env = append(env, kv)
	}
	name, home := account(uid, passwd)
	for _, kv := range [][2]string{{"PATH", defaultPath}, {"HOME", home}, {"USER", name}, {"LOGNAME", name}} {
		if !have[kv[0]] {
			env = append(env, kv[0]+"="+kv[1])
		}
	}
	return append(env, "WORKING_DIRECTORY="+dir)
}

// account returns the name and home of a user id by the text of a passwd file, with the usual values for unknown ones.
func account(uid int, passwd io.Reader) (name, home string) {
	name, home = strconv.Itoa(uid), "/"
	if uid == 0 {
		name, home = "root", "/root"
	}
	if passwd == nil {
		return name, home
	}
	lines := bufio.NewScanner(passwd)
	for lines.Scan() {
		f := strings.Split(lines.Text(), ":")
		if len(f) >= 6 && f[2] == strconv.Itoa(uid) {
			if f[5] != "" {
				home = f[5]
			}
			return f[0], home
		}
	}
	return name, home
}

// OwnEnvironment returns the environment of steps of this process.
func OwnEnvironment(runner []string, dir string) []string {
	passwd, err := os.Open("/etc/passwd")
	if err != nil {
		return Environment(runner, dir, os.Getuid(), nil)
	}
	defer passwd.Close()
	return Environment(runner, dir, os.Getuid(), passwd)
}
