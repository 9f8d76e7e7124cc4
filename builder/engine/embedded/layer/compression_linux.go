package layer

import (
	"context"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/pgzip"
	"github.com/moby/buildkit/util/compression"
)

const (
	// gzipLevel is two steps below the usual level of gzip: less work for layers that are about 6 % larger.
	gzipLevel = 4
	gzipBlock = 1 << 20
)

// Faster is the compression with its work spread over all cores, and with the diff left to the worker's Differ. What
// it writes depends on nothing but the input and the level, so that one content has one digest on every machine.
func Faster(c compression.Config) compression.Config {
	c.Type = faster{c.Type}
	return c
}

type faster struct{ compression.Type }

// NeedsComputeDiffBySelf is what makes BuildKit walk both snapshots itself for a compression that not every differ
// knows; ours takes any.
func (faster) NeedsComputeDiffBySelf(compression.Config) bool { return false }

// Compress gives the compressor of the type.
func (f faster) Compress(ctx context.Context, c compression.Config) (compression.Compressor, compression.Finalizer) {
	switch f.Type {
	case compression.Gzip:
		return func(w io.Writer, _ string) (io.WriteCloser, error) { return newGzip(w, c.Level) }, nil
	case compression.Zstd:
		return func(w io.Writer, _ string) (io.WriteCloser, error) { return newZstd(w, c.Level) }, nil
	default:
		return f.Type.Compress(ctx, c)
	}
}

func newGzip(w io.Writer, level *int) (io.WriteCloser, error) {
	if level != nil {
		z, err := pgzip.NewWriterLevel(w, *level)
		if err != nil {
			return nil, err
		}
		return z, allCores(z)
	}
	z, ok := gzips.Get().(*pgzip.Writer)
	if ok {
		z.Reset(w)
	} else {
		var err error
		if z, err = pgzip.NewWriterLevel(w, gzipLevel); err != nil {
			return nil, err
		}
	}
	return &reused{z}, allCores(z)
}

// allCores has z use all cores. The block size is part of the output, the number of blocks at a time is not.
func allCores(z *pgzip.Writer) error { return z.SetConcurrency(gzipBlock, 2*runtime.GOMAXPROCS(0)) }

// gzips are compressors of the usual level that have ended. Each has megabytes of buffers, which images of many small
// layers would make anew for every one.
var gzips sync.Pool

// reused is a compressor that goes back to the others when it ends well.
type reused struct{ *pgzip.Writer }

// Close ends the stream. The compressor must not be used any more.
func (r *reused) Close() error {
	z := r.Writer
	if z == nil {
		return nil
	}
	r.Writer = nil
	err := z.Close()
	if err == nil {
		gzips.Put(z)
	}
	return err
}

func newZstd(w io.Writer, level *int) (io.WriteCloser, error) {
	l := zstd.SpeedDefault
	if level != nil {
		l = zstd.EncoderLevelFromZstd(*level)
	}
	return zstd.NewWriter(w, zstd.WithEncoderLevel(l), zstd.WithEncoderConcurrency(max(2, runtime.GOMAXPROCS(0))))
}
