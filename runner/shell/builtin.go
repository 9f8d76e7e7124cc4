package shell

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/tabwriter"
)

// builtin are the shell's own programs: enough to look around and to change a file.
func builtin() map[string]command {
	return map[string]command{"ls": list, "cat": concatenate, "env": environment, "help": help}
}

func help(c call) int {
	fmt.Fprintln(c.stdout, "The image has no shell; this one is slipway's. It knows the language of POSIX shells, with cd, echo, pwd, test,\n"+
		"redirection (> FILE writes one), pipes and loops; the programs ls [-l] [-a], cat and env; and those of the image.")
	return 0
}

// environment writes the environment of programs.
func environment(c call) int {
	sort.Strings(c.environ)
	for _, v := range c.environ {
		fmt.Fprintln(c.stdout, v)
	}
	return 0
}

func (c call) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

func (c call) failed(err error) int {
	fmt.Fprintf(c.stderr, "%s: %v\n", c.args[0], err)
	return 1
}

// concatenate writes files, or its input.
func concatenate(c call) int {
	if len(c.args) == 1 {
		if c.stdin == nil {
			return 0
		}
		if _, err := io.Copy(c.stdout, c.stdin); err != nil {
			return c.failed(err)
		}
		return 0
	}
	code := 0
	for _, name := range c.args[1:] {
		if err := copyFile(c.stdout, c.path(name)); err != nil {
			code = c.failed(err)
		}
	}
	return code
}

func copyFile(to io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(to, f)
	return err
}

// list writes the names in folders; -l adds modes, sizes and times, -a hidden names.
func list(c call) int {
	var long, all bool
	var names []string
	for _, arg := range c.args[1:] {
		if !strings.HasPrefix(arg, "-") {
			names = append(names, arg)
			continue
		}
		for _, option := range arg[1:] {
			switch option {
			case 'l':
				long = true
			case 'a', 'A':
				all = true
			default:
				return c.failed(fmt.Errorf("-%c is not known, -l and -a are", option))
			}
		}
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	code := 0
	for _, name := range names {
		entries, err := entriesOf(c.path(name), all)
		if err != nil {
			code = c.failed(err)
			continue
		}
		if len(names) > 1 {
			fmt.Fprintln(c.stdout, name+":")
		}
		write(c.stdout, entries, long)
	}
	return code
}

// entriesOf are what is in a folder, or the file itself.
func entriesOf(path string, all bool) ([]os.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []os.FileInfo{info}, nil
	}
	found, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var entries []os.FileInfo
	for _, e := range found {
		if strings.HasPrefix(e.Name(), ".") && !all {
			continue
		}
		if info, err := e.Info(); err == nil {
			entries = append(entries, info)
		}
	}
	return entries, nil
}

func write(to io.Writer, entries []os.FileInfo, long bool) {
	table := tabwriter.NewWriter(to, 0, 0, 1, ' ', tabwriter.AlignRight)
	for _, e := range entries {
		if !long {
			fmt.Fprintln(to, e.Name())
			continue
		}
		fmt.Fprintf(table, "%s\t %d\t %s\t %s\n", e.Mode(), e.Size(), e.ModTime().UTC().Format("2006-01-02 15:04"), e.Name())
	}
	_ = table.Flush()
}
