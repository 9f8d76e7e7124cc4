package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/moby/buildkit/executor"
	resourcestypes "github.com/moby/buildkit/executor/resources/types"
	"github.com/moby/buildkit/solver/pb"
)

const (
	endTimeout     = 10 * time.Second // of all containers when the builder ends
	releaseTimeout = 2 * time.Second  // of their mounts after that
)

var errEnding = errors.New("the builder ends")

// executions is the executor of all containers. It knows which ones run, so that the builder can end them before it
// ends itself: a client that dies takes its connection away, but nobody else would wait for its containers.
//
// It also tells the executor that the network is the machine's own. BuildKit then keeps name servers on a loopback
// address, which are reachable here and would otherwise be replaced by public ones.
type executions struct {
	executor.Executor

	running sync.WaitGroup
	ctx     context.Context //nolint:containedctx // the life of the builder, not of a call
	end     context.CancelCauseFunc
	mu      sync.Mutex // between Add and Wait
}

func newExecutions(e executor.Executor) *executions {
	x := &executions{Executor: e}
	x.ctx, x.end = context.WithCancelCause(context.Background())
	return x
}

// Run runs a container until it ends, ctx ends, or the builder does.
func (x *executions) Run(ctx context.Context, id string, rootfs executor.Mount, mounts []executor.Mount, process executor.ProcessInfo, started chan<- struct{}) (resourcestypes.Recorder, error) {
	if !x.begin() {
		return nil, errEnding
	}
	defer x.running.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(x.ctx, func() { cancel(errEnding) })()
	if process.Meta.NetMode == pb.NetMode_UNSET {
		process.Meta.NetMode = pb.NetMode_HOST
	}
	return x.Executor.Run(ctx, id, rootfs, mounts, process, started)
}

func (x *executions) begin() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ctx.Err() != nil {
		return false
	}
	x.running.Add(1)
	return true
}

// stop ends all containers and waits until they are gone. No container starts afterwards.
func (x *executions) stop() {
	x.mu.Lock()
	x.end(errEnding)
	x.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		x.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(endTimeout):
	}
}

// releaseMounts waits until what was mounted below root for containers is unmounted, which follows their end, and
// detaches what is left then.
func releaseMounts(root string) {
	if resolved, err := filepath.EvalSymlinks(root); err == nil {
		root = resolved
	}
	deadline := time.Now().Add(releaseTimeout)
	left := mountsBelow(root)
	for ; len(left) > 0 && time.Now().Before(deadline); left = mountsBelow(root) {
		time.Sleep(pollInterval)
	}
	for _, dir := range slices.Backward(left) {
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	}
}

// mountsBelow lists the mount points below a folder in the order in which they were mounted.
func mountsBelow(dir string) []string {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	var list []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		if point := unescape.Replace(fields[4]); strings.HasPrefix(point, dir+"/") {
			list = append(list, point)
		}
	}
	return list
}
