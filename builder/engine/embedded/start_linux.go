package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/slipway-oci/slipway/builder/engine/embedded/standby"
)

const (
	startTimeout = 30 * time.Second
	pollInterval = 2 * time.Millisecond
)

// A Lease keeps the builder alive.
type Lease struct {
	Address string // of the BuildKit API, "unix://..."
	conn    *net.UnixConn
}

// Close lets go of the builder. AwaitEnd may follow.
func (l *Lease) Close() error { return l.conn.CloseWrite() }

// AwaitEnd waits, after Close, until the builder has ended, for callers that promise to leave no process behind. While
// somebody else uses it, or when it is meant to stay, it returns at once.
func (l *Lease) AwaitEnd(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.conn.Close() })()
	// The builder closes the connection when it stays, and the kernel does when it has ended.
	_, _ = io.Copy(io.Discard, l.conn)
	_ = l.conn.Close()
}

// Start returns a lease on the builder of o.Root and starts the builder if it does not run. It is safe for use by
// many processes at once. Faults of the machine are of type *Error.
func Start(ctx context.Context, o Options) (*Lease, error) {
	p, err := newPaths(o.Root)
	if err != nil {
		return nil, err
	}
	if err := p.create(); err != nil {
		return nil, &Error{What: fmt.Sprintf("the builder's folder %q is not usable", p.root), Err: err, Mend: hintForFolder(err)}
	}
	lock := flock.New(p.startLock())
	if _, err := lock.TryLockContext(ctx, pollInterval); err != nil {
		return nil, fmt.Errorf("wait for another start of the builder in %q: %w", p.root, err)
	}
	defer func() { _ = lock.Close() }()

	if conn, err := dial(ctx, p.lease()); err == nil {
		standby.Discard()
		return &Lease{Address: "unix://" + p.control(), conn: conn}, nil
	}
	if err := checkMachine(o); err != nil {
		return nil, err
	}
	conn, err := spawn(ctx, o, p)
	if err != nil {
		return nil, err
	}
	return &Lease{Address: "unix://" + p.control(), conn: conn}, nil
}

func dial(ctx context.Context, path string) (*net.UnixConn, error) {
	return new(net.Dialer).DialUnix(ctx, "unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
}

// spawn starts the child and waits until it serves.
func spawn(ctx context.Context, o Options, p paths) (*net.UnixConn, error) {
	builder, err := wake(o, p)
	if err != nil {
		builder, err = execute(ctx, o, p)
	}
	if err != nil {
		return nil, err
	}
	exit, gone := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(gone)
		exit <- builder.wait()
	}()
	conn, err := awaitReady(ctx, p, exit)
	if err != nil {
		builder.end(gone)
	}
	return conn, err
}

// builderProcess is the builder's process, of which the caller is the parent.
type builderProcess struct {
	pid  int
	wait func() error
}

// end ends the process and waits until it is gone: it would go on to write in its folder.
func (b builderProcess) end(gone <-chan struct{}) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		select {
		case <-gone:
			return
		default:
		}
		_ = syscall.Kill(-b.pid, signal)
		select {
		case <-gone:
		case <-time.After(endTimeout):
		}
	}
}

// execute starts the builder's process.
func execute(ctx context.Context, o Options, p paths) (builderProcess, error) {
	command := o.Command
	if len(command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return builderProcess{}, err
		}
		command = append([]string{self}, ServeArgs(p.root)...)
	}
	log, err := openLog(p, os.O_TRUNC)
	if err != nil {
		return builderProcess{}, &Error{What: "the builder's log cannot be written", Err: err, Mend: hintForFolder(err)}
	}
	defer func() { _ = log.Close() }()

	cmd := exec.CommandContext(context.WithoutCancel(ctx), command[0], command[1:]...) // other clients may share it
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(standby.Environment(os.Environ()), environment(o, p)...)
	cmd.SysProcAttr = standby.Attributes()
	if err := cmd.Start(); err != nil {
		return builderProcess{}, &Error{What: "the builder cannot be started", Err: err}
	}
	return builderProcess{cmd.Process.Pid, cmd.Wait}, nil
}

func openLog(p paths, flags int) (*os.File, error) {
	return os.OpenFile(p.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND|flags, 0o600)
}

// environment is what a builder's process gets from the options, NAME=VALUE.
func environment(o Options, p paths) []string {
	return []string{"SLIPWAY_BUILDER_IDLE=" + o.Idle.String(), "SLIPWAY_RUNTIME=" + o.Runtime, "TMPDIR=" + p.temporary()}
}

func awaitReady(ctx context.Context, p paths, ended <-chan error) (*net.UnixConn, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return nil, startFailure(p, err)
		case <-ctx.Done():
			return nil, &Error{What: "the builder did not become ready", Err: ctx.Err(), Mend: "its log is " + p.log()}
		case <-tick.C:
			if conn, err := dial(ctx, p.lease()); err == nil {
				return conn, nil
			}
		}
	}
}

// startFailure reads the reason of a failed start from the end of the builder's log.
func startFailure(p paths, exit error) error {
	text, _ := os.ReadFile(p.log())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if last == "" && exit != nil {
		last = exit.Error()
	}
	mend := "its log is " + p.log()
	if strings.Contains(last, "no space left on device") {
		mend = hintForFolder(syscall.ENOSPC)
	}
	return &Error{What: "the builder ended while it started: " + last, Mend: mend}
}

// Status tells about the builder of root. A builder that does not run is not an error.
func Status(ctx context.Context, root string) (Info, error) {
	p, err := newPaths(root)
	if err != nil {
		return Info{}, err
	}
	info := Info{Root: p.root}
	data, err := os.ReadFile(p.info())
	if errors.Is(err, fs.ErrNotExist) {
		return info, nil
	}
	if err != nil {
		return info, err
	}
	conn, err := dial(ctx, p.lease())
	if err != nil {
		return info, ctx.Err()
	}
	_ = conn.Close()
	if err := json.Unmarshal(data, &info); err != nil {
		return info, fmt.Errorf("%s: %w", p.info(), err)
	}
	info.Running = true
	return info, nil
}

// Stop ends the builder of root and waits until it is gone; builds that use it fail. It reports whether one ran.
func Stop(ctx context.Context, root string) (bool, error) {
	info, err := Status(ctx, root)
	if err != nil || !info.Running {
		return false, err
	}
	if err := syscall.Kill(info.PID, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return true, fmt.Errorf("stop the builder, process %d: %w", info.PID, err)
	}
	return true, awaitEnd(ctx, root)
}

// awaitEnd waits until no process serves root any more.
func awaitEnd(ctx context.Context, root string) error {
	p, err := newPaths(root)
	if err != nil {
		return err
	}
	lock := flock.New(p.serveLock())
	if _, err := lock.TryLockContext(ctx, pollInterval); err != nil {
		return fmt.Errorf("wait for the end of the builder in %q: %w", p.root, err)
	}
	return lock.Close()
}

func runtimeFolder(root string) string {
	sum := sha256.Sum256([]byte(root))
	name := hex.EncodeToString(sum[:8])
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && len(dir) < maxSocketFolder/2 {
		return filepath.Join(dir, "slipway-"+name)
	}
	return filepath.Join("/tmp", "slipway-"+strconv.Itoa(os.Getuid())+"-"+name)
}

// privateFolder makes dir and refuses one that another user could have prepared.
func privateFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm() != 0o700 || !ok || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%q is not a folder of this user alone (mode 0700)", dir)
	}
	return nil
}

func hintForFolder(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "free some space there, or move the cache with SLIPWAY_HOME; `slipway builder prune` empties it"
	case errors.Is(err, fs.ErrPermission):
		return "give this user write access to it, or choose another folder with SLIPWAY_HOME"
	default:
		return "choose another folder with SLIPWAY_HOME"
	}
}
