package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/store"
)

type shellOptions struct {
	option.Builder
	target  string
	command []string
	user    string
	dir     string
}

func (a *app) shellCmd() *cobra.Command {
	var o shellOptions
	cmd := &cobra.Command{
		Use:   "shell [flags] IMAGE|RUN [-- COMMAND [ARG...]]",
		Short: "Enter a container of an image, or the state a failed build left",
		Long: "Run a shell, or COMMAND, in a fresh container of an image of the image store, or in the file system that the\n" +
			"failed component of a RUN left (build with --keep-failed to have it kept). RUN is an id, the beginning of one, or\n" +
			"\"latest\". The runner is at /run/slipway/slipway-runner, and what the failed component was run with is in\n" +
			"/run/slipway/component: `slipway-runner run --config /run/slipway/component/config.json` runs it again. What the\n" +
			"container writes goes with it. An image without a shell needs a COMMAND that it has.",
		Example: "  slipway shell web:1.0.0-1\n  slipway shell latest\n  slipway shell latest -- /run/slipway/slipway-runner --version",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target, o.command = args[0], args[1:]
			return a.runShell(cmd.Context(), &o)
		},
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().StringVarP(&o.user, "user", "u", "", "run as this `USER` (default: root)")
	cmd.Flags().StringVarP(&o.dir, "workdir", "w", "", "run in this `DIR` (default: the image's)")
	return cmd
}

func (a *app) runShell(ctx context.Context, o *shellOptions) error {
	folders, err := a.folders()
	if err != nil {
		return err
	}
	images, err := store.Open(folders.Images())
	if err != nil {
		return err
	}
	image, files, err := a.entered(ctx, images, folders.Runs(), o.target)
	if err != nil {
		return err
	}
	spec, err := shellSpec(images, image, files, o)
	if err != nil {
		return err
	}
	engineOptions, err := o.EngineOptions(folders.BuildKit(), a.Getenv)
	if err != nil {
		return err
	}
	e, err := engine.Open(ctx, engineOptions)
	if err != nil {
		return err
	}
	defer func() {
		_ = e.Close()
		e.AwaitEnd(context.WithoutCancel(ctx))
	}()
	restore := a.attach(&spec)
	code, err := e.Shell(ctx, spec)
	restore()
	if err != nil {
		return fmt.Errorf("shell in %s: %w", image, err)
	}
	if code != 0 {
		return shown{shellExit(code)}
	}
	return nil
}

// shellExit is the exit code of a shell, which becomes ours.
type shellExit int

func (e shellExit) Error() string { return fmt.Sprintf("the shell ended with exit code %d", int(e)) }

func (e shellExit) ExitCode() int { return int(e) }

// entered finds what a shell is to enter: an image by its name, or the state of a failed run with its files.
func (a *app) entered(ctx context.Context, images *store.Store, runs, target string) (store.Image, map[string][]byte, error) {
	image, err := images.Resolve(ctx, target)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return image, nil, err
	}
	run, runErr := report.Open(runs, target)
	if runErr != nil {
		return store.Image{}, nil, err
	}
	image, err = images.Resolve(ctx, stage.FailedPointer(run.ID))
	if errors.Is(err, store.ErrNotFound) {
		return store.Image{}, nil, notKept{run.ID}
	}
	if err != nil {
		return store.Image{}, nil, err
	}
	files, err := readFolder(filepath.Join(run.Dir, stage.FailedFolder))
	return image, files, err
}

// notKept is a run whose failed state does not exist.
type notKept struct{ run string }

func (e notKept) Error() string { return fmt.Sprintf("run %s kept no failed state", e.run) }

func (notKept) Hint() string { return "build again with --keep-failed" }

func readFolder(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	for _, e := range entries {
		data, readErr := os.ReadFile(filepath.Join(dir, e.Name()))
		err = errors.Join(err, readErr)
		files[e.Name()] = data
	}
	return files, err
}

func shellSpec(images *store.Store, image store.Image, files map[string][]byte, o *shellOptions) (engine.ShellSpec, error) {
	image, err := image.Select(machine())
	if err != nil {
		return engine.ShellSpec{}, err
	}
	config, err := image.Config()
	if err != nil {
		return engine.ShellSpec{}, err
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return engine.ShellSpec{}, err
	}
	blobs, err := local.NewStore(images.Dir())
	if err != nil {
		return engine.ShellSpec{}, err
	}
	spec := engine.ShellSpec{
		Platform: ocispecs.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant},
		Image:    engine.Image{Digest: digest.Digest(image.Digest().String()), Config: raw},
		Store:    blobs, Files: files, Args: o.command, Env: config.Config.Env, User: o.user, Dir: o.dir,
	}
	if spec.Dir == "" {
		spec.Dir = config.Config.WorkingDir
	}
	if len(spec.Args) == 0 {
		// bash where there is one, as people expect; both are looked for inside.
		spec.Args = []string{"/bin/sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash; exec sh"}
	}
	return spec, nil
}

// attach connects the shell with our terminal, if there is one, and returns how to give it back.
func (a *app) attach(spec *engine.ShellSpec) (restore func()) {
	spec.Stdin, spec.Stdout, spec.Stderr = a.Stdin, a.Stdout, a.Stderr
	in, ok := a.Stdin.(*os.File)
	if _, out := terminalOf(a.Stdout); !ok || !out || !term.IsTerminal(int(in.Fd())) {
		return func() {}
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return func() {}
	}
	spec.Terminal = true
	if name := a.Getenv("TERM"); name != "" {
		spec.Env = append(spec.Env, "TERM="+strings.TrimSpace(name))
	}
	sizes := make(chan engine.Size, 1)
	send := func() {
		if columns, rows, err := term.GetSize(int(in.Fd())); err == nil {
			sizes <- engine.Size{Rows: rows, Columns: columns}
		}
	}
	send()
	changed := make(chan os.Signal, 1)
	notifyResize(changed)
	go func() {
		for range changed {
			send()
		}
	}()
	spec.Resize = sizes
	return func() {
		signal.Stop(changed)
		close(changed)
		_ = term.Restore(int(in.Fd()), state)
	}
}
