//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// buildahParent is the name of the parent image in buildah's storage.
const buildahParent = "localhost/bench/parent:1"

// buildahTool is buildah, which has no daemon: it builds with cached layers, and its tests run in a working container.
// Its isolation is chroot, which is the quicker of those that work here: no container runtime is started.
type buildahTool struct {
	lab *Lab
}

func (b *buildahTool) Name() string { return "buildah" }

func (b *buildahTool) Open(ctx context.Context, lab *Lab) error {
	b.lab = lab
	if _, err := exec.LookPath("buildah"); err != nil {
		return errors.New("buildah is not in PATH")
	}
	for _, args := range [][]string{
		{"from", "--name", "parent", "scratch"},
		{"add", "--quiet", "parent", lab.Rootfs, "/"},
		{"commit", "--quiet", "--rm", "parent", buildahParent},
	} {
		if _, _, err := runCommand(ctx, lab, b.command("", args...)); err != nil {
			return err
		}
	}
	return nil
}

func (b *buildahTool) command(name string, args ...string) Command {
	storage := []string{"buildah", "--root", b.lab.Path("buildah"), "--runroot", b.lab.Path("buildah-run"), "--storage-driver", "overlay"}
	return Command{Name: name, Args: append(storage, args...), Env: []string{"BUILDAH_ISOLATION=chroot"}}
}

func (b *buildahTool) Daemons() []int { return nil }

// Close leaves the storage to the lab, which removes it.
func (b *buildahTool) Close() error { return nil }

func (b *buildahTool) Write(p Project) error { return writeDockerfile(p, buildahParent, false) }

func (b *buildahTool) Commands(p Project, value string) []Command {
	build := []string{"build", "--layers", "--network", "host", "--tag", b.image(p)}
	if p.Work.changing() {
		build = append(build, "--build-arg", "run="+value)
	}
	commands := []Command{b.command("build", append(build, p.Dir)...)}
	if len(p.Work.Tests) > 0 {
		commands = append(commands,
			b.command("from", "from", "--name", "test", b.image(p)),
			b.command("run", "run", "test", "--", "sh", "-c", p.Work.script()),
			b.command("rm", "rm", "test"))
	}
	if p.Work.Pushed {
		commands = append(commands, b.push(p))
	}
	return commands
}

// image is the name of the image in the storage.
func (b *buildahTool) image(p Project) string { return "localhost/" + filepath.Base(p.Dir) + ":latest" }

func (b *buildahTool) push(p Project) Command {
	args := []string{"push", "--quiet", "--tls-verify=false", "--digestfile", b.digestFile(p)}
	if p.Work.Compression != "" {
		args = append(args, "--compression-format", p.Work.Compression)
	}
	return b.command("push", append(args, b.image(p), "docker://"+p.Repository+":latest")...)
}

func (b *buildahTool) digestFile(p Project) string { return p.Dir + ".digest" }

func (b *buildahTool) Result(p Project, _ []string, _ bool) (Result, error) {
	if !p.Work.Pushed {
		return Result{}, nil
	}
	digest, err := b.digest(p)
	return Result{Digest: digest}, err
}

func (b *buildahTool) digest(p Project) (string, error) {
	text, err := os.ReadFile(b.digestFile(p)) //nolint:gosec // a file of the bench itself
	return strings.TrimSpace(string(text)), err
}

func (b *buildahTool) Publish(ctx context.Context, p Project, _ string, _ Result) (string, error) {
	if _, _, err := runCommand(ctx, b.lab, b.push(p)); err != nil {
		return "", err
	}
	return b.digest(p)
}
