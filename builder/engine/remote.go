package engine

import (
	"context"
	"io"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// readChunk is how much of a file is read in one call. It bounds the memory of a read; messages may have 16 MiB.
const readChunk = 1 << 20

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

// remoteFile reads the first bytes of a remote file, of which it has one piece in memory at a time.
type remoteFile struct {
	ctx   context.Context //nolint:containedctx // a reader of one call
	from  remoteFolder
	file  string
	at    int64
	left  int64
	piece []byte
}

// Read gives the next bytes. A file that has become shorter just ends.
func (r *remoteFile) Read(p []byte) (int, error) {
	if len(r.piece) == 0 {
		if r.left <= 0 {
			return 0, io.EOF
		}
		data, err := r.from.readFile(r.ctx, r.file, gateway.FileRange{Offset: int(r.at), Length: int(min(r.left, readChunk))})
		if err != nil {
			return 0, err
		}
		if len(data) == 0 {
			return 0, io.EOF
		}
		data = data[:min(int64(len(data)), r.left)]
		r.piece, r.at, r.left = data, r.at+int64(len(data)), r.left-int64(len(data))
	}
	n := copy(p, r.piece)
	r.piece = r.piece[n:]
	return n, nil
}
