package runner

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// Sudo is the stand-in for a missing sudo: it drops the flags that change nothing for a root process, applies
// VAR=value words and executes the rest in the place of this process. -u and -g switch ids. It returns only errors.
func Sudo(args, environ []string) error {
	c, err := parseSudo(args)
	if err != nil {
		return fmt.Errorf("sudo: %w", err)
	}
	for _, kv := range c.env {
		name, value, _ := strings.Cut(kv, "=")
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("sudo: %w", err)
		}
	}
	path, err := exec.LookPath(c.command[0])
	if err != nil {
		return fmt.Errorf("sudo: %w", err)
	}
	if err := c.switchIDs(); err != nil {
		return fmt.Errorf("sudo: %w", err)
	}
	return fmt.Errorf("sudo: %q: %w", path, syscall.Exec(path, c.command, append(environ, c.env...)))
}

// sudoCall is a parsed command line of sudo.
type sudoCall struct {
	user, group string
	env         []string
	command     []string
}

func parseSudo(args []string) (sudoCall, error) {
	var c sudoCall
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			c.command = args
			args = nil
		case word == "-u" || word == "-g" || word == "--user" || word == "--group":
			if len(args) == 0 {
				return c, fmt.Errorf("%s needs a value", word)
			}
			if strings.TrimLeft(word, "-")[0] == 'u' {
				c.user = args[0]
			} else {
				c.group = args[0]
			}
			args = args[1:]
		case strings.HasPrefix(word, "-u"):
			c.user = word[2:]
		case strings.HasPrefix(word, "-g"):
			c.group = word[2:]
		case word == "--preserve-env" || strings.HasPrefix(word, "-") && strings.Trim(word[1:], "EHnSiskb") == "" && word != "-":
		case strings.HasPrefix(word, "-"):
			return c, fmt.Errorf("unknown flag %q", word)
		case isAssignment(word):
			c.env = append(c.env, word)
		default:
			c.command = append([]string{word}, args...)
			args = nil
		}
	}
	if len(c.command) == 0 {
		return c, errors.New("no command")
	}
	return c, nil
}

// isAssignment reports whether word sets a variable for the command.
func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && !strings.ContainsAny(name, "/ ")
}

func (c sudoCall) switchIDs() error {
	if c.user == "" && c.group == "" {
		return nil
	}
	uid, gid := os.Getuid(), os.Getgid()
	var err error
	if c.user != "" {
		if uid, gid, err = lookupUser(c.user); err != nil {
			return err
		}
	}
	if c.group != "" {
		if gid, err = lookupGroup(c.group); err != nil {
			return err
		}
	}
	if err := syscall.Setgroups([]int{gid}); err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	if err := syscall.Setgid(gid); err != nil {
		return fmt.Errorf("group %d: %w", gid, err)
	}
	if err := syscall.Setuid(uid); err != nil {
		return fmt.Errorf("user %d: %w", uid, err)
	}
	return nil
}

// lookupUser finds a user by name, or by number behind an optional "#", in /etc/passwd.
func lookupUser(name string) (uid, gid int, err error) {
	number := strings.TrimPrefix(name, "#")
	f, found := passwdLine("/etc/passwd", func(f []string) bool { return len(f) >= 4 && (f[0] == name || f[2] == number) })
	if found {
		uid, errUID := strconv.Atoi(f[2])
		gid, errGID := strconv.Atoi(f[3])
		return uid, gid, errors.Join(errUID, errGID)
	}
	if id, err := strconv.Atoi(number); err == nil {
		return id, id, nil
	}
	return 0, 0, fmt.Errorf("unknown user %q", name)
}

func lookupGroup(name string) (int, error) {
	number := strings.TrimPrefix(name, "#")
	f, found := passwdLine("/etc/group", func(f []string) bool { return len(f) >= 3 && (f[0] == name || f[2] == number) })
	if found {
		return strconv.Atoi(f[2])
	}
	if id, err := strconv.Atoi(number); err == nil {
		return id, nil
	}
	return 0, fmt.Errorf("unknown group %q", name)
}

// passwdLine returns the fields of the first line that match accepts.
func passwdLine(path string, match func([]string) bool) ([]string, bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if f := strings.Split(lines.Text(), ":"); match(f) {
			return f, true
		}
	}
	return nil, false
}
