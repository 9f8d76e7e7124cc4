package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/kept"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/store"
)

type shellOptions struct {
	option.Builder
	option.Secret
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
			"failed component or test of a RUN left (build with --keep-failed to have it kept). RUN is an id, the beginning of\n" +
			"one, or \"latest\". What the container writes goes with it; the exit code is that of the shell or COMMAND.\n\n" +
			"In the state of a failed run, `slipway-runner step` runs the failed step again, with the outputs of the steps\n" +
			"before it; `slipway-runner step --list` shows them all. Its document is in /run/slipway/component. Steps that\n" +
			"need a secret find those given with --secret. Where an image has no shell, slipway's own is used.",
		Example: "  slipway shell web:1.0.0-1\n  slipway shell latest\n  slipway shell latest -- slipway-runner step --list",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.target, o.command = args[0], args[1:]
			return a.runShell(cmd.Context(), &o)
		},
	}
	o.Builder.AddFlags(cmd.Flags())
	o.Secret.AddFlags(cmd.Flags())
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
	in, err := a.entered(ctx, images, folders.Runs(), o)
	if err != nil {
		return err
	}
	spec, err := shellSpec(images, in, o)
	if err != nil {
		return err
	}
	engineOptions, err := a.engineOptions(&o.Builder)
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
		return fmt.Errorf("shell in %s: %w", in.image, err)
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

// entered is what a shell enters: an image, with the files and secrets of a failed component where it is one's state.
type entered struct {
	image   store.Image
	files   map[string][]byte
	secrets map[string][]byte
}

// entered finds what a shell is to enter: an image by its name, or the state of a failed run.
func (a *app) entered(ctx context.Context, images *store.Store, runs string, o *shellOptions) (entered, error) {
	secrets, err := o.Values(a.Getenv)
	if err != nil {
		return entered{}, err
	}
	image, err := images.Resolve(ctx, o.target)
	if err == nil {
		image, err = image.Select(machine())
		return entered{image: image, secrets: secrets}, err
	}
	if !errors.Is(err, store.ErrNotFound) {
		return entered{}, err
	}
	run, runErr := report.Open(runs, o.target)
	if runErr != nil {
		return entered{}, errors.Join(err, runErr)
	}
	state, err := kept.Open(ctx, images, run)
	if err != nil {
		return entered{}, err
	}
	maps.DeleteFunc(secrets, func(name string, _ []byte) bool { return !slices.Contains(state.Secrets, name) })
	return entered{image: state.Image, files: state.Files, secrets: secrets}, nil
}

func shellSpec(images *store.Store, in entered, o *shellOptions) (engine.ShellSpec, error) {
	config, err := in.image.Config()
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
		Image:    engine.Image{Digest: digest.Digest(in.image.Digest().String()), Config: raw},
		Store:    blobs, Files: in.files, Secrets: in.secrets, Args: o.command, Env: shellEnvironment(config.Config.Env), User: o.user, Dir: o.dir,
	}
	if spec.Dir == "" {
		spec.Dir = config.Config.WorkingDir
	}
	if len(spec.Args) == 0 {
		spec.Args = engine.ShellCommand()
	}
	return spec, nil
}

// shellEnvironment is the environment of an image, with the runner found by its name.
func shellEnvironment(env []string) []string {
	env = slices.Clone(env)
	for i, v := range env {
		if strings.HasPrefix(v, "PATH=") {
			env[i] = v + ":" + engine.RunnerFolder
			return env
		}
	}
	return append(env, "PATH="+store.DefaultPath+":"+engine.RunnerFolder)
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
