package plan

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
)

// systems are the names of operating systems by the ID in their os-release.
var systems = map[string]string{
	"amzn": "Amazon Linux", "ubuntu": "Ubuntu", "debian": "Debian", "rhel": "Red Hat Enterprise Linux", "centos": "CentOS",
	"sles": "SUSE Linux Enterprise Server", "alpine": "Alpine Linux", "rocky": "Rocky Linux", "almalinux": "AlmaLinux",
	"fedora": "Fedora",
}

// SystemNames reads os-release (freedesktop.org os-release(5)) and gives the name of the system with the first number
// of its version and with all of them: "Ubuntu 24" and "Ubuntu 24.04". Without an os-release there are none.
func SystemNames(release string) []string {
	fields := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(release)); lines.Scan(); {
		key, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		if ok {
			fields[key] = strings.Trim(value, `"'`)
		}
	}
	name := fields["NAME"]
	if known, ok := systems[fields["ID"]]; ok {
		name = known
	}
	if name == "" {
		return nil
	}
	version := fields["VERSION_ID"]
	if version == "" {
		return []string{name}
	}
	major, _, _ := strings.Cut(version, ".")
	return slices.Compact([]string{name + " " + major, name + " " + version})
}

// SupportsOS checks a component's supportedOsVersions against the names of an image's system, from the short to the
// full one ("Ubuntu 24", "Ubuntu 24.04"). One entry must be a prefix of one name. No entries, or no names because the
// system is not known, pass.
func SupportsOS(supported []string, names ...string) error {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" })
	if len(supported) == 0 || len(names) == 0 {
		return nil
	}
	for _, prefix := range supported {
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, prefix) }) {
			return nil
		}
	}
	return fmt.Errorf("supports %s, not %s", strings.Join(supported, ", "), names[len(names)-1])
}
