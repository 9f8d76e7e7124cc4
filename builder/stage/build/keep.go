package build

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// keep puts the file system that a failed component left into the image store, and what the runner had into the run
// folder, so that both can be entered after the build has ended.
func keep(ctx context.Context, s stage.Services, in Input, c plan.Component, rootfs io.Reader) error {
	var config v1.ConfigFile
	if in.Parent != nil {
		if err := json.Unmarshal(in.Parent.Config, &config); err != nil {
			return err
		}
	}
	platform := want(in.Platform)
	image, err := s.Store.ImportRootFS(ctx, rootfs, store.RootFS{
		Name: stage.FailedPointer(in.RunID), Platform: platform, Env: config.Config.Env,
		Source: "the state that component " + c.Name + " left",
	})
	if err != nil {
		return err
	}
	files, err := stage.Files(c, c.Phases.Build, in.Plan.WorkingDirectory, engine.ComponentFolder, stage.RestartContainer)
	if err != nil {
		return err
	}
	folder := filepath.Join(s.Logs.Dir(), stage.FailedFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, name), data, 0o644))
	}
	if err == nil {
		err = s.Store.MarkTest(ctx, image.Digest(), store.Test{Status: store.Failed, RunID: in.RunID})
	}
	return err
}

func want(platform plan.Platform) v1.Platform {
	p, err := v1.ParsePlatform(platform.Name)
	if err != nil {
		return v1.Platform{}
	}
	return *p
}
