//go:build linux

package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// floorScript runs one cycle.
//
//go:embed floor.sh
var floorScript []byte

// floorTool is no builder. It is what the same work costs at least: the commands in one container of plain runc, tar
// and a parallel compressor for what they wrote, an upload of that. Its cache is perfect: components that are not
// Changing run once, in the run that is not counted, and cost nothing after that.
type floorTool struct {
	lab    *Lab
	rootfs string
}

func (f *floorTool) Name() string { return floorName }

func (f *floorTool) Open(ctx context.Context, lab *Lab) error {
	f.lab, f.rootfs = lab, lab.Path("floor")
	for _, program := range []string{"runc", "pigz", "zstd", "curl", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is not in PATH", program)
		}
	}
	if err := os.Mkdir(f.rootfs, 0o755); err != nil {
		return err
	}
	_, _, err := runCommand(ctx, lab, Command{Args: []string{"tar", "-C", f.rootfs, "-xpf", lab.Rootfs}})
	return err
}

func (f *floorTool) Daemons() []int { return nil }

// Close leaves the root file system to the lab, which removes it.
func (f *floorTool) Close() error { return nil }

// Write writes bundles of the runtime specification: one that runs what is cached, one that runs what is Changing, one
// that runs the tests.
func (f *floorTool) Write(p Project) error {
	var cached, commands []string
	for _, c := range p.Work.Components {
		list := &cached
		if c.Changing {
			list = &commands
		}
		for _, command := range c.Commands {
			*list = append(*list, "( "+withRun(command, "$run")+" )")
		}
	}
	for name, script := range map[string]string{
		"cached": strings.Join(cached, "\n"),
		"build":  strings.Join(commands, "\n"),
		"test":   strings.Join(p.Work.Tests, "\n"),
	} {
		dir := filepath.Join(p.Dir, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if script == "" {
			continue // the script runs only the bundles that are there
		}
		data, err := json.Marshal(floorSpec("set -e\n" + script))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "config.in"), data, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(p.Dir, "floor.sh"), floorScript, 0o755)
}

func (f *floorTool) Commands(p Project, value string) []Command {
	compressor := "pigz"
	if p.Work.Compression == "zstd" {
		compressor = "zstd -q -T0"
	}
	upload := ""
	if p.Work.Pushed {
		upload = "http://" + f.lab.Registry + "/v2/bench/floor/blobs/uploads/"
	}
	return []Command{{
		Args: []string{"unshare", "--mount", "sh", "floor.sh"},
		Dir:  p.Dir,
		Env:  []string{"RUN=" + value, "ROOTFS=" + f.rootfs, "COMPRESSOR=" + compressor, "UPLOAD=" + upload},
	}}
}

func (f *floorTool) Result(Project, []string, bool) (Result, error) {
	return Result{NoImage: true}, nil
}

// Publish is not called, as there is no image.
func (f *floorTool) Publish(context.Context, Project, string, Result) (string, error) { return "", nil }

// floorSpec is a container with the machine's network and with the capabilities that Docker gives.
func floorSpec(script string) specs.Spec {
	capabilities := strings.Fields("CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_NET_RAW CAP_SETGID " +
		"CAP_SETUID CAP_SETFCAP CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_KILL CAP_AUDIT_WRITE")
	return specs.Spec{
		Version: "1.0.2",
		Process: &specs.Process{
			Args: []string{"sh", "-c", script},
			Env:  []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "run=" + Run},
			Cwd:  "/",
			Capabilities: &specs.LinuxCapabilities{
				Bounding: capabilities, Effective: capabilities, Permitted: capabilities,
			},
		},
		Root: &specs.Root{Path: "merged"},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/sys", Type: "bind", Source: "/sys", Options: []string{"rbind", "ro"}},
			{Destination: "/etc/resolv.conf", Type: "bind", Source: "/etc/resolv.conf", Options: []string{"bind", "ro"}},
		},
		Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{
			{Type: specs.PIDNamespace}, {Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}, {Type: specs.MountNamespace},
		}},
	}
}
