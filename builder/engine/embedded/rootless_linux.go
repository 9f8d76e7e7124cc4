package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rootless-containers/rootlesskit/v2/pkg/child"
	"github.com/rootless-containers/rootlesskit/v2/pkg/parent"
)

// The environment between the two halves of rootlesskit: the parent, a plain user's process, and the child that it
// starts as root of a new user namespace from the same program.
const (
	envPipe       = "SLIPWAY_USERNS_PIPE"
	envState      = "SLIPWAY_USERNS_STATE"
	envActivation = "SLIPWAY_USERNS_ACTIVATION"
	envHelper     = "SLIPWAY_USERNS_HELPER"
)

// enterUserNamespace runs this program again as root of a user namespace and returns when that ends. Ids other than
// the user's own are mapped from /etc/subuid and /etc/subgid by newuidmap and newgidmap.
func enterUserNamespace(o Options) error {
	if os.Getenv(envPipe) != "" {
		return userNamespaceChild(o)
	}
	state := filepath.Join(o.Root, "rootlesskit")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	if err := parent.InitStateDir(state); err != nil {
		return fmt.Errorf("prepare the user namespace: %w", err)
	}
	// It starts this program with the same arguments. Those of a process that had waited for orders would not do.
	os.Args = append(os.Args[:1:1], ServeArgs(o.Root)...)
	return parent.Parent(parent.Opt{
		PipeFDEnvKey:             envPipe,
		StateDirEnvKey:           envState,
		ChildUseActivationEnvKey: envActivation,
		StateDir:                 state,
		Propagation:              "rprivate",
		SubidSource:              parent.SubidSourceAuto,
	})
}

// inUserNamespaceSetup reports whether this process is rootlesskit's child, which has yet to set its mounts up.
func inUserNamespaceSetup() bool { return os.Getenv(envPipe) != "" }

func userNamespaceChild(o Options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// runc keeps its state in /run/runc, which is another user's here, unless it sees that it is not really root.
	state := filepath.Join(o.Root, "run")
	if err := errors.Join(os.MkdirAll(state, 0o700), os.Setenv("XDG_RUNTIME_DIR", state), os.Unsetenv("USER")); err != nil {
		return err
	}
	return child.Child(child.Opt{
		PipeFDEnvKey:              envPipe,
		RunActivationHelperEnvKey: envHelper,
		ChildUseActivationEnvKey:  envActivation,
		StateDirEnvKey:            envState,
		TargetCmd:                 append([]string{self}, ServeArgs(o.Root)...),
		Propagation:               "rprivate",
	})
}
