package test

import (
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
)

// maxServiceLog bounds what is kept of the output of the image's own process.
const maxServiceLog = 64 << 20

// openServiceLog is the log of the image's own process. It stands before those of the components, as number 0.
func openServiceLog(s stage.Services, in Input) (io.WriteCloser, error) {
	folder, err := s.Logs.LogFolder(hostStage, 0, stage.LogName(in.Plan, in.Platform, plan.Component{Name: "entrypoint"}))
	if err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(folder, "console.log"))
	if err != nil {
		return nil, err
	}
	return &bounded{f, maxServiceLog}, nil
}

// bounded writes the first bytes of a stream and says where it was cut.
type bounded struct {
	*os.File
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left <= 0 {
		return len(p), nil
	}
	part := p[:min(len(p), b.left)]
	if b.left -= len(part); b.left == 0 {
		part = append(slices.Clip(part), "\n[the rest was not kept]\n"...)
	}
	// A full disk must not stop the process that writes.
	_, _ = b.File.Write(part)
	return len(p), nil
}
