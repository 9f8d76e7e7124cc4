package system

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
)

// aptOptions keep configuration files as they are where nobody can be asked.
var aptOptions = []string{"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"}

func updateApt(ctx context.Context, u *update) error {
	if _, err := u.run(ctx, nil, "update"); err != nil {
		return err
	}
	if !u.hasLists() {
		_, err := u.run(ctx, nil, append([]string{"-y", "--with-new-pkgs", "upgrade"}, aptOptions...)...)
		return err
	}
	simulated, err := u.list(ctx, nil, "-s", "upgrade", "--with-new-pkgs")
	if err != nil {
		return err
	}
	install := append([]string{"-y", "install", "--only-upgrade"}, aptOptions...)
	_, err = u.install(ctx, nil, aptUpgradable(simulated.Stdout), install...)
	return err
}

// aptUpgrade is a line for a package that is installed already: the old version stands in brackets.
var aptUpgrade = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^Inst (\S+) \[`) })

func aptUpgradable(simulated string) []string {
	var names []string
	for _, match := range aptUpgrade().FindAllStringSubmatch(simulated, -1) {
		name, _, _ := strings.Cut(match[1], ":") // the architecture
		names = append(names, name)
	}
	return names
}

// updateDnf serves yum too, which has another word for it.
func updateDnf(ctx context.Context, u *update) error {
	word := map[string]string{"dnf": "upgrade", "yum": "update"}[u.name]
	if len(u.include) == 0 {
		arguments := []string{"-y", word}
		for _, name := range u.exclude {
			arguments = append(arguments, "--exclude="+name)
		}
		_, err := u.run(ctx, nil, arguments...)
		return err
	}
	// 100 says that there are updates.
	check, err := u.list(ctx, []int{100}, "-q", "check-update")
	if err != nil {
		return err
	}
	_, err = u.install(ctx, nil, dnfUpgradable(check.Stdout), "-y", word)
	return err
}

// dnfUpgradable reads lines of name.architecture, version and repository. A long name stands alone on its line, and
// the obsoleted packages at the end are no updates.
func dnfUpgradable(check string) []string {
	var names []string
	for line := range strings.Lines(check) {
		if strings.HasPrefix(line, "Obsoleting") {
			break
		}
		fields := strings.Fields(line)
		if (len(fields) != 1 && len(fields) != 3) || strings.TrimLeft(line, " \t") != line {
			continue
		}
		if dot := strings.LastIndexByte(fields[0], '.'); dot > 0 {
			names = append(names, fields[0][:dot])
		}
	}
	return names
}

// updateMicrodnf passes the names on, because microdnf cannot list what has an update.
func updateMicrodnf(ctx context.Context, u *update) error {
	arguments := []string{"-y", "upgrade"}
	if len(u.exclude) > 0 && len(u.include) == 0 {
		return errors.New("microdnf: exclude needs include")
	}
	for _, name := range u.include {
		if strings.Contains(name, "*") && len(u.exclude) > 0 {
			return fmt.Errorf("microdnf: include %q cannot be combined with exclude", name)
		}
		if !matchesAny(u.exclude, name) {
			arguments = append(arguments, name)
		}
	}
	if len(u.include) > 0 && len(arguments) == 2 {
		u.req.Infof("no package is left to update")
		return nil
	}
	_, err := u.run(ctx, nil, arguments...)
	return err
}

// zypperInfo are exit codes that inform about a success: updates, security updates, restarts.
var zypperInfo = []int{100, 101, 102, 103, zypperSkipped}

// zypperSkipped says that some repositories could not be read.
const zypperSkipped = 106

func updateZypper(ctx context.Context, u *update) error {
	run := []string{"--non-interactive", "update"}
	refresh, err := u.run(ctx, zypperInfo, "--non-interactive", "refresh")
	u.warnSkipped(refresh.ExitCode)
	if err != nil {
		return err
	}
	if !u.hasLists() {
		outcome, err := u.run(ctx, zypperInfo, run...)
		u.warnSkipped(outcome.ExitCode)
		return err
	}
	listed, err := u.list(ctx, zypperInfo, "--xmlout", "list-updates")
	if err != nil {
		return err
	}
	names, err := zypperUpgradable(listed.Stdout)
	if err != nil {
		return fmt.Errorf("zypper list-updates: %w", err)
	}
	outcome, err := u.install(ctx, zypperInfo, names, run...)
	u.warnSkipped(outcome.ExitCode)
	return err
}

func (u *update) warnSkipped(exitCode int) {
	if exitCode == zypperSkipped {
		u.req.Warnf("zypper skipped repositories that it could not read")
	}
}

// zypperUpgradable reads the names of the packages in zypper's XML.
func zypperUpgradable(listed string) ([]string, error) {
	decoder := xml.NewDecoder(strings.NewReader(listed))
	var names []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "update" {
			continue
		}
		attributes := map[string]string{}
		for _, a := range element.Attr {
			attributes[a.Name.Local] = a.Value
		}
		if attributes["kind"] == "package" {
			names = append(names, attributes["name"])
		}
	}
}

func updateApk(ctx context.Context, u *update) error {
	if !u.hasLists() {
		_, err := u.run(ctx, nil, "upgrade", "--no-cache")
		return err
	}
	// Without a stored index, as in most images, apk has nothing to compare with unless it fetches one.
	listed, err := u.list(ctx, nil, "list", "--upgradable", "--no-cache")
	if err != nil {
		return err
	}
	_, err = u.install(ctx, nil, apkUpgradable(listed.Stdout), "upgrade", "--no-cache")
	return err
}

// apkPackage is a name with its version and release, as apk lists it.
var apkPackage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^(\S+)-[0-9][^-\s]*-r[0-9]+\s.*\[upgradable from:`)
})

func apkUpgradable(listed string) []string {
	var names []string
	for _, match := range apkPackage().FindAllStringSubmatch(listed, -1) {
		names = append(names, match[1])
	}
	return names
}
