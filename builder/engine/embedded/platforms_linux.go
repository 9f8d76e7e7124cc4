package embedded

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/archutil"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// binfmt is where the kernel lists the interpreters of programs that it cannot run itself (binfmt_misc).
const binfmt = "/proc/sys/fs/binfmt_misc"

// interpreters are the platforms by the names under which interpreters are registered: QEMU's, and Apple's.
var interpreters = map[string][]string{
	"qemu-x86_64":      {"linux/amd64"},
	"qemu-aarch64":     {"linux/arm64"},
	"qemu-arm":         {"linux/arm/v7", "linux/arm/v6"},
	"qemu-i386":        {"linux/386"},
	"qemu-riscv64":     {"linux/riscv64"},
	"qemu-ppc64le":     {"linux/ppc64le"},
	"qemu-s390x":       {"linux/s390x"},
	"qemu-mips64":      {"linux/mips64"},
	"qemu-mips64el":    {"linux/mips64le"},
	"qemu-loongarch64": {"linux/loong64"},
	"rosetta":          {"linux/amd64"}, // of virtual machines on a Mac
}

// supportedPlatforms are the machine's own and those that it has interpreters for.
func supportedPlatforms() []ocispecs.Platform {
	return withInterpreters(platforms.Normalize(platforms.DefaultSpec()), binfmt)
}

// probePlatforms has BuildKit find out what this machine can run, which it otherwise does when the first container is to
// start. It starts a program of each platform that it knows. Where the kernel has no interpreters none would run, and a
// place to write them to is withheld.
func probePlatforms(found []ocispecs.Platform) error {
	foreign := func(p ocispecs.Platform) bool { return p.Architecture != runtime.GOARCH && p.Architecture != "386" }
	if slices.ContainsFunc(found, foreign) {
		go archutil.SupportedPlatforms(false)
		return nil
	}
	return withVariable("TMPDIR", "/dev/null", func() error {
		archutil.SupportedPlatforms(false)
		return nil
	})
}

func withInterpreters(own ocispecs.Platform, dir string) []ocispecs.Platform {
	list := []ocispecs.Platform{own}
	add := func(name string) {
		p, err := platforms.Parse(name)
		if err != nil {
			return
		}
		same := func(known ocispecs.Platform) bool { return platforms.Format(known) == platforms.Format(p) }
		if !slices.ContainsFunc(list, same) {
			list = append(list, platforms.Normalize(p))
		}
	}
	if own.Architecture == "amd64" {
		add("linux/386")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return list
	}
	for _, e := range entries {
		state, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || !strings.HasPrefix(string(state), "enabled") {
			continue
		}
		for _, name := range interpreters[e.Name()] {
			add(name)
		}
	}
	return list
}
