package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// logChunk is how much of a file is read in one call; the builder's messages are limited to 16 MiB.
const logChunk = 8 << 20

// remoteFolder reads a folder at the builder: one of a result, or of a container's mount.
type remoteFolder interface {
	readDir(ctx context.Context, dir string) ([]*fstypes.Stat, error)
	readFile(ctx context.Context, file string, at gateway.FileRange) ([]byte, error)
}

type refFolder struct{ ref gateway.Reference }

func (f refFolder) readDir(ctx context.Context, dir string) ([]*fstypes.Stat, error) {
	return f.ref.ReadDir(ctx, gateway.ReadDirRequest{Path: dir})
}

func (f refFolder) readFile(ctx context.Context, file string, at gateway.FileRange) ([]byte, error) {
	return f.ref.ReadFile(ctx, gateway.ReadRequest{Filename: file, Range: &at})
}

type mountFolder struct {
	container gateway.Container
	index     int
}

func (f mountFolder) readDir(ctx context.Context, dir string) ([]*fstypes.Stat, error) {
	return f.container.ReadDir(ctx, gateway.ReadDirContainerRequest{
		ReadDirRequest: gateway.ReadDirRequest{Path: dir}, MountIndex: f.index,
	})
}

func (f mountFolder) readFile(ctx context.Context, file string, at gateway.FileRange) ([]byte, error) {
	return f.container.ReadFile(ctx, gateway.ReadContainerRequest{
		ReadRequest: gateway.ReadRequest{Filename: file, Range: &at}, MountIndex: f.index,
	})
}

// readLogs waits for component i and copies its log folder out of the second output of its execution. Failures of
// the component itself are reported by the solve of its file system, not here.
func (s *solve) readLogs(ctx context.Context, gw gateway.Client, i int, c component) error {
	res, err := gw.Solve(ctx, gateway.SolveRequest{Definition: c.logsDef.ToPB(), Evaluate: true})
	if err != nil {
		return nil
	}
	ref, err := res.SingleRef()
	if err != nil {
		return err
	}
	return s.copyLogs(ctx, refFolder{ref}, i)
}

func (s *solve) copyLogs(ctx context.Context, from remoteFolder, i int) error {
	to, err := s.spec.LogFolder(i)
	if err != nil {
		return err
	}
	if err := copyLogFolder(ctx, from, to); err != nil {
		return fmt.Errorf("read the logs of %s: %w", s.spec.Components[i].Title, err)
	}
	s.status.logsRead(i)
	return nil
}

// copyLogFolder copies the files of the runner's log folder, the one folder in the log directory, into to.
func copyLogFolder(ctx context.Context, from remoteFolder, to string) error {
	tops, err := from.readDir(ctx, "/")
	if err != nil {
		return err
	}
	for _, top := range tops {
		if fs.FileMode(top.Mode).IsDir() && strings.HasPrefix(top.Path, "TOE_") {
			if err := copyFiles(ctx, from, "/"+top.Path, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func copyFiles(ctx context.Context, from remoteFolder, dir, to string) error {
	entries, err := from.readDir(ctx, dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := path.Base(entry.Path)
		if !fs.FileMode(entry.Mode).IsRegular() || !filepath.IsLocal(name) {
			continue
		}
		if err := copyFile(ctx, from, path.Join(dir, name), filepath.Join(to, name), entry.Size); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(ctx context.Context, from remoteFolder, file, to string, size int64) (err error) {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for offset := int64(0); offset < size; {
		data, err := from.readFile(ctx, file, gateway.FileRange{Offset: int(offset), Length: logChunk})
		if err != nil {
			return err
		}
		if len(data) == 0 {
			break
		}
		if _, err := f.Write(data); err != nil {
			return err
		}
		offset += int64(len(data))
	}
	return nil
}

// componentFailure finds the component that err is about and reads its log folder from the mounts of the failed
// execution.
func (s *solve) componentFailure(ctx context.Context, gw gateway.Client, err error) error {
	var failed *errdefs.SolveError
	if ctx.Err() != nil || !errors.As(err, &failed) {
		return err
	}
	i, ok := s.indexOf(failed)
	if !ok {
		return s.templateError(err)
	}
	logErr := s.readFailedLogs(ctx, gw, i, failed)
	return &ComponentError{Index: i, ExitCode: exitCode(err), Err: errors.Join(err, logErr)}
}

// indexOf finds the component whose execution failed by the digest of its operation.
func (s *solve) indexOf(failed *errdefs.SolveError) (int, bool) {
	if failed.Op == nil {
		return 0, false
	}
	data, err := failed.Op.MarshalVT()
	if err != nil {
		return 0, false
	}
	return s.status.indexOf(digest.FromBytes(data))
}

func (s *solve) readFailedLogs(ctx context.Context, gw gateway.Client, i int, failed *errdefs.SolveError) error {
	exec := failed.Op.GetExec()
	if exec == nil {
		return nil
	}
	request := gateway.NewContainerRequest{}
	index := -1
	for n, m := range exec.Mounts {
		if m.MountType != pb.MountType_BIND || n >= len(failed.MountIDs) || failed.MountIDs[n] == "" {
			continue
		}
		if m.Dest != pb.RootMount && m.Dest != LogDirectory {
			continue
		}
		if m.Dest == LogDirectory {
			index = len(request.Mounts)
		}
		request.Mounts = append(request.Mounts, gateway.Mount{Dest: m.Dest, ResultID: failed.MountIDs[n], MountType: pb.MountType_BIND})
	}
	if index < 0 {
		return nil
	}
	container, err := gw.NewContainer(ctx, request)
	if err != nil {
		return fmt.Errorf("open the failed execution: %w", err)
	}
	defer func() { _ = container.Release(context.WithoutCancel(ctx)) }()
	return s.copyLogs(ctx, mountFolder{container, index}, i)
}
