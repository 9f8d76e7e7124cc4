package system

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/process"
)

// UpdateOS installs the updates of the system's packages with the package manager it finds.
type UpdateOS struct {
	// UserID returns the id of the user who runs the component; nil asks the system.
	UserID func() int
}

// Spec implements action.Module.
func (UpdateOS) Spec() action.Spec {
	return action.Spec{
		Name: "UpdateOS", Family: family, Shape: action.Map, Platforms: []string{"linux", "windows"},
		Summary: "Installs updates of the system's packages.",
		Inputs: []action.Input{
			{Name: "include", Type: action.StringList, Summary: "Packages to update, with `*` for any characters; by default all."},
			{Name: "exclude", Type: action.StringList, Summary: "Packages to leave as they are; wins over `include`."},
		},
		Example: `name: UpdatePackages
action: UpdateOS
inputs:
  exclude:
    - linux-image-*
`,
		Notes: `The first package manager in ` + "`PATH`" + ` is used: ` + managerNames() + `. Packages that are not installed or have no
update are ignored. Package caches stay as they are, and no restart is asked for. With ` + "`microdnf`, `exclude`" + ` needs
` + "`include`" + `, without wildcards.`,
	}
}

// Run implements action.Module.
func (m UpdateOS) Run(ctx context.Context, req action.Request) (action.Result, error) {
	if runtime.GOOS != "linux" {
		return action.Result{}, &action.UnsupportedError{Action: "UpdateOS", Platform: runtime.GOOS}
	}
	u := &update{req: req, include: req.Entries[0].List("include"), exclude: req.Entries[0].List("exclude")}
	err := m.update(ctx, u)
	result := action.Result{ExitCode: u.exitCode}
	if err != nil {
		return result, fmt.Errorf("UpdateOS: %w", err)
	}
	return result, nil
}

func (m UpdateOS) update(ctx context.Context, u *update) error {
	userID := m.UserID
	if userID == nil {
		userID = os.Geteuid
	}
	if userID() != 0 {
		return errors.New("only root can update the system")
	}
	for _, manager := range managers() {
		path, err := process.Find(u.req, manager.name)
		if err == nil {
			u.path, u.name = path, manager.name
			return manager.update(ctx, u)
		}
	}
	return fmt.Errorf("no package manager found: looked for %s", managerNames())
}

// manager is one package manager: how it is called and how it updates.
type manager struct {
	name   string
	update func(ctx context.Context, u *update) error
}

// managers lists the known package managers; the first one in PATH is used.
func managers() []manager {
	return []manager{
		{"apt-get", updateApt},
		{"dnf", updateDnf},
		{"yum", updateDnf},
		{"microdnf", updateMicrodnf},
		{"zypper", updateZypper},
		{"apk", updateApk},
	}
}

func managerNames() string {
	var names []string
	for _, m := range managers() {
		names = append(names, m.name)
	}
	return strings.Join(names, ", ")
}

// update is one run of UpdateOS with the package manager that was found.
type update struct {
	req              action.Request
	path, name       string
	include, exclude []string
	exitCode         *int // of the last command
}

// hasLists reports whether only some packages are wanted.
func (u *update) hasLists() bool { return len(u.include)+len(u.exclude) > 0 }

// wanted reports whether a package is to be updated.
func (u *update) wanted(name string) bool {
	return (len(u.include) == 0 || matchesAny(u.include, name)) && !matchesAny(u.exclude, name)
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return action.Matches(pattern, name) })
}

// filter returns the wanted ones of names, each once.
func (u *update) filter(names []string) []string {
	var wanted []string
	for _, name := range names {
		if u.wanted(name) && !slices.Contains(wanted, name) {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

// run runs the package manager; an exit code other than 0 and those allowed is an error.
func (u *update) run(ctx context.Context, allowed []int, arguments ...string) (process.Outcome, error) {
	command := process.Command{Path: u.path, Arguments: arguments}
	if u.name == "apt-get" {
		command.Env = append(slices.Clone(u.req.Env), "DEBIAN_FRONTEND=noninteractive")
	}
	outcome, err := command.Run(ctx, u.req)
	if err == nil {
		u.exitCode = &outcome.ExitCode
		if !slices.Contains(allowed, outcome.ExitCode) {
			err = outcome.Err()
		}
	}
	if err != nil {
		return outcome, fmt.Errorf("%s %s: %w", u.name, firstWord(arguments), err)
	}
	return outcome, nil
}

// list runs the package manager for its answer, which must be complete.
func (u *update) list(ctx context.Context, allowed []int, arguments ...string) (process.Outcome, error) {
	outcome, err := u.run(ctx, allowed, arguments...)
	if err == nil && outcome.Cut {
		err = fmt.Errorf("%s %s: the list of updates is longer than %d bytes", u.name, firstWord(arguments), action.MaxText)
	}
	return outcome, err
}

// firstWord returns the command among the arguments of a package manager, for messages.
func firstWord(arguments []string) string {
	for _, a := range arguments {
		if !strings.HasPrefix(a, "-") && !strings.Contains(a, "::") {
			return a
		}
	}
	return ""
}

// install runs the package manager on the wanted ones of names, if there are any.
func (u *update) install(ctx context.Context, allowed []int, names []string, arguments ...string) (process.Outcome, error) {
	wanted := u.filter(names)
	if len(wanted) == 0 {
		u.req.Infof("no package has an update that is wanted")
		return process.Outcome{}, nil
	}
	return u.run(ctx, allowed, append(arguments, wanted...)...)
}
