package embedded

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/slipway-oci/slipway/builder/engine/embedded/standby"
)

// orders tell a process that waits which builder it is to be.
type orders struct {
	Root        string   `json:"root"`
	Environment []string `json:"environment"` // NAME=VALUE
}

var errNoStandby = errors.New("no process waits for orders")

// wake makes the process that waits the builder. When it fails, none waits any more.
func wake(o Options, p paths) (builderProcess, error) {
	if len(o.Command) > 0 {
		return builderProcess{}, errNoStandby
	}
	pid, fd, ok := standby.Take()
	if !ok {
		return builderProcess{}, errNoStandby
	}
	channel := os.NewFile(uintptr(fd), "orders")
	defer func() { _ = channel.Close() }()
	process, err := os.FindProcess(pid)
	if err != nil {
		return builderProcess{}, err
	}
	log, err := openLog(p, os.O_TRUNC)
	if err == nil {
		_ = log.Close()
		err = json.NewEncoder(channel).Encode(orders{p.root, environment(o, p)})
	}
	if err != nil {
		_ = process.Kill()
		_, _ = process.Wait()
		return builderProcess{}, err
	}
	return builderProcess{pid, func() error {
		state, err := process.Wait()
		if err == nil && !state.Success() {
			err = &exec.ExitError{ProcessState: state}
		}
		return err
	}}, nil
}

// AwaitOrders waits for the orders of the process that started this one early, and returns the root of the builder that
// Serve is to be for. It is io.EOF when no builder is needed.
func AwaitOrders() (root string, err error) {
	channel := os.NewFile(standby.OrdersFD, "orders")
	if channel == nil {
		return "", errNoStandby
	}
	defer func() { _ = channel.Close() }()
	var got orders
	if err := json.NewDecoder(channel).Decode(&got); err != nil {
		return "", err
	}
	for _, variable := range got.Environment {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return "", err
		}
	}
	p, err := newPaths(got.Root)
	if err != nil {
		return "", err
	}
	log, err := openLog(p, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = log.Close() }()
	for _, output := range []*os.File{os.Stdout, os.Stderr} {
		if err := syscall.Dup3(int(log.Fd()), int(output.Fd()), 0); err != nil {
			return "", err
		}
	}
	return got.Root, nil
}
