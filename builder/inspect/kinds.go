package inspect

import (
	"archive/tar"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// Kind is a kind of leftover.
type Kind string

// The kinds of leftovers.
const (
	PackageCache  Kind = "package cache"
	HostKey       Kind = "ssh host key"
	MachineID     Kind = "machine id"
	History       Kind = "shell history"
	WorldWritable Kind = "world-writable file of root"
	Setuid        Kind = "setuid or setgid file"
)

// kinds are all kinds, each with what belongs to it and how to get rid of it.
var kinds = []struct {
	kind   Kind
	is     func(name string, h *tar.Header) bool
	advice string
}{
	{PackageCache, isPackageCache, "clear it in the component that fills it; a later one only hides it"},
	{HostKey, isHostKey, "every container would have the same key: make it at the first start"},
	{MachineID, isMachineID, "every container would have the same id: leave the file empty"},
	{History, isHistory, "remove it in the component that makes it"},
	{WorldWritable, isWorldWritable, "take the write permission of others away"},
	{Setuid, isSetuid, "remove the bit where it is not needed"},
}

// Advice says what to do about a kind of leftover, "" for an unknown one.
func (k Kind) Advice() string {
	for _, known := range kinds {
		if known.kind == k {
			return known.advice
		}
	}
	return ""
}

var packageCaches = []string{
	"/var/lib/apt/lists/", "/var/cache/apt/", "/var/cache/yum/", "/var/cache/dnf/", "/var/cache/libdnf5/", "/var/cache/apk/",
	"/var/cache/zypp/", "/var/cache/pacman/pkg/", "/root/.cache/", "/root/.npm/_cacache/",
}

func isPackageCache(name string, h *tar.Header) bool {
	if h.Typeflag != tar.TypeReg || h.Size == 0 {
		return false
	}
	for _, folder := range packageCaches {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

func isHostKey(name string, h *tar.Header) bool {
	ok, _ := path.Match("/etc/ssh/ssh_host_*_key", name)
	return ok && h.Size > 0
}

// uninitialized is the size of a machine id that says that there is none yet.
const uninitialized = int64(len("uninitialized\n"))

func isMachineID(name string, h *tar.Header) bool {
	return (name == "/etc/machine-id" || name == "/var/lib/dbus/machine-id") && h.Typeflag == tar.TypeReg && h.Size > uninitialized
}

var historyFile = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/(root|home/[^/]+)/\.[a-z]+_history$`) })

func isHistory(name string, h *tar.Header) bool { return h.Size > 0 && historyFile().MatchString(name) }

func isWorldWritable(_ string, h *tar.Header) bool {
	switch h.Typeflag {
	case tar.TypeReg:
		return h.Uid == 0 && h.Mode&0o002 != 0
	case tar.TypeDir:
		return h.Uid == 0 && h.Mode&0o002 != 0 && h.Mode&0o1000 == 0 // with the sticky bit it is as /tmp
	}
	return false
}

func isSetuid(_ string, h *tar.Header) bool { return h.Typeflag == tar.TypeReg && h.Mode&0o6000 != 0 }

// logFile is a file that the runner writes into its log folder.
var logFile = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`/TOE_[0-9]{4}-[0-9]{2}-[0-9]{2}_[^/]*/(.*/)?(console\.log|application\.log|detailedoutput\.json)$`)
})

// mustNotBe reports whether a name is one of the builder's own: its mounts, and the secrets that it lends.
func mustNotBe(name string) bool {
	return within(name, runnerbin.Root) || strings.HasPrefix(name, "/run/secrets/") || logFile().MatchString(name)
}

// mountedOver reports whether a component cannot have made an entry, because a mount was in its place.
func mountedOver(name string, h *tar.Header) bool {
	switch name {
	case "/etc/resolv.conf", "/etc/hosts":
		return h.Typeflag == tar.TypeReg && h.Size == 0
	}
	return within(name, engine.LogDirectory) ||
		strings.HasPrefix(name, "/proc/") || strings.HasPrefix(name, "/sys/")
}

func within(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }
