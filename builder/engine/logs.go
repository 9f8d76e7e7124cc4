package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// readLogs waits for component i and copies its log folder out of the second output of its execution. Failures of
// the component itself are reported by the solve of its file system, not here.
func (s *solve) readLogs(ctx context.Context, gw gateway.Client, g *graph, i int) error {
	ref, err := g.evaluate(ctx, gw, g.components[i].logs)
	if err != nil {
		return nil //nolint:nilerr // the solve of the file system, which is the same execution, reports it
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

// copyFiles copies the regular files of a folder, some at a time: the builder mounts the file system for each.
func copyFiles(ctx context.Context, from remoteFolder, dir, to string) error {
	entries, err := from.readDir(ctx, dir)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, entry := range entries {
		name := path.Base(entry.Path)
		if !fs.FileMode(entry.Mode).IsRegular() || !filepath.IsLocal(name) {
			continue
		}
		group.Go(func() error {
			return copyFile(ctx, from, path.Join(dir, name), filepath.Join(to, name), entry.Size)
		})
	}
	return group.Wait()
}

func copyFile(ctx context.Context, from remoteFolder, file, to string, size int64) (err error) {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, &remoteFile{ctx: ctx, from: from, file: file, left: size})
	return err
}

// componentFailure finds the component that err is about and reads its log folder from the mounts of the failed
// execution.
func (s *solve) componentFailure(ctx context.Context, gw gateway.Client, g *graph, err error) error {
	var failed *errdefs.SolveError
	if ctx.Err() != nil || !errors.As(err, &failed) {
		return err
	}
	i, ok := s.indexOf(failed)
	if !ok {
		return s.templateError(err)
	}
	collectErr := s.collectBuilt(ctx, gw, g, i)
	logErr := errors.Join(collectErr, s.readFailedLogs(ctx, gw, i, failed))
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

// readFailedLogs opens the failed execution's mounts as a container, and reads there what it left: its log folder, and
// the whole file system if that is asked for.
func (s *solve) readFailedLogs(ctx context.Context, gw gateway.Client, i int, failed *errdefs.SolveError) error {
	mounts := failedMounts(failed)
	index := slices.IndexFunc(mounts, func(m gateway.Mount) bool { return m.Dest == LogDirectory })
	if index < 0 {
		return nil
	}
	if s.spec.KeepFailed != nil {
		tool, err := solveState(ctx, gw, runnerState(s.runner.Digest, s.spec.Platform), s.spec.Platform)
		if err != nil {
			return err
		}
		mounts = append(mounts, gateway.Mount{Dest: runnerbin.Root, Ref: tool, Readonly: true})
	}
	container, err := gw.NewContainer(ctx, gateway.NewContainerRequest{Mounts: mounts})
	if err != nil {
		return fmt.Errorf("open the failed execution: %w", err)
	}
	defer func() { _ = container.Release(context.WithoutCancel(ctx)) }()
	err = s.copyLogs(ctx, mountFolder{container, index}, i)
	if root := slices.IndexFunc(mounts, func(m gateway.Mount) bool { return m.Dest == pb.RootMount }); root >= 0 {
		s.spec.Reports.collect(ctx, mountFolder{container, root}, i, s.seen)
	}
	if s.spec.KeepFailed != nil {
		err = errors.Join(err, s.keepFailed(ctx, container, i))
	}
	return err
}

// failedMounts are the file system and the log directory of a failed execution.
func failedMounts(failed *errdefs.SolveError) []gateway.Mount {
	var mounts []gateway.Mount
	for n, m := range failed.Op.GetExec().GetMounts() {
		if m.MountType != pb.MountType_BIND || n >= len(failed.MountIDs) || failed.MountIDs[n] == "" {
			continue
		}
		if m.Dest == pb.RootMount || m.Dest == LogDirectory {
			mounts = append(mounts, gateway.Mount{Dest: m.Dest, ResultID: failed.MountIDs[n], MountType: pb.MountType_BIND})
		}
	}
	return mounts
}

// keepFailed streams the file system as the failed component left it. The builder forgets it with the session.
func (s *solve) keepFailed(ctx context.Context, container gateway.Container, i int) error {
	from, to := io.Pipe()
	process, err := container.Start(ctx, gateway.StartRequest{
		Args: []string{runnerbin.Program, "archive"}, Cwd: "/", Stdout: to, Stderr: nopCloser{io.Discard},
	})
	if err != nil {
		return fmt.Errorf("keep the failed state: %w", err)
	}
	go func() { _ = to.CloseWithError(process.Wait()) }()
	err = s.spec.KeepFailed(i, s.env, from)
	_ = from.CloseWithError(err) // lets the runner go on to its end
	if err != nil {
		return fmt.Errorf("keep the failed state: %w", err)
	}
	return nil
}
