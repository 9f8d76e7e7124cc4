package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// base returns the file system on which the components run, with its environment, and its image config.
func (s *solve) base(ctx context.Context, gw gateway.Client) (llb.State, []byte, error) {
	state, config, err := s.parent()
	if err != nil || s.spec.Template.Prefix == "" {
		return state, config, err
	}
	res, err := s.dockerfile(ctx, gw, s.spec.Template.Prefix, s.spec.Template.Target, s.spec.Template.ParentContext, state, config)
	if err != nil {
		return llb.State{}, nil, err
	}
	ref, err := res.SingleRef()
	if err != nil {
		return llb.State{}, nil, err
	}
	config = res.Metadata[exptypes.ExporterImageConfigKey]
	state = llb.Scratch()
	if ref != nil {
		if state, err = ref.ToState(); err != nil {
			return llb.State{}, nil, err
		}
	}
	state, err = withEnvironment(state, config)
	return state, config, err
}

// parent is the parent image with its config; an empty file system has a config of its platform only.
func (s *solve) parent() (llb.State, []byte, error) {
	if s.spec.Parent == nil {
		config, err := json.Marshal(ocispecs.Image{Platform: s.spec.Platform})
		return llb.Scratch(), config, err
	}
	state := imageState(s.spec.Parent.Digest, s.spec.Platform)
	state, err := withEnvironment(state, s.spec.Parent.Config)
	return state, s.spec.Parent.Config, err
}

// finish applies what stands behind the components and returns the result to export.
func (s *solve) finish(ctx context.Context, gw gateway.Client, state llb.State, config []byte) (*gateway.Result, error) {
	if s.spec.Template.Suffix != "" {
		res, err := s.dockerfile(ctx, gw, s.spec.Template.Suffix, "", s.spec.Template.SuffixContext, state, config)
		if err != nil {
			return nil, err
		}
		config, err = withLabels(res.Metadata[exptypes.ExporterImageConfigKey], s.spec.Labels)
		if err != nil {
			return nil, err
		}
		ref, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		if ref != nil {
			if err := ref.Evaluate(ctx); err != nil {
				return nil, s.templateError(err)
			}
		}
		return s.result(ref, config), nil
	}
	def, err := state.Marshal(ctx, llb.Platform(s.spec.Platform))
	if err != nil {
		return nil, err
	}
	res, err := gw.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB()})
	if err != nil {
		return nil, err
	}
	ref, err := res.SingleRef()
	if err != nil {
		return nil, err
	}
	config, err = withLabels(config, s.spec.Labels)
	return s.result(ref, config), err
}

func (s *solve) result(ref gateway.Reference, config []byte) *gateway.Result {
	res := gateway.NewResult()
	if ref != nil {
		res.SetRef(ref)
	}
	res.AddMeta(exptypes.ExporterImageConfigKey, config)
	return res
}

// dockerfile builds text with BuildKit's own Dockerfile frontend. The image or file system input is known to it as
// the build context name, so that `FROM name` means it.
func (s *solve) dockerfile(ctx context.Context, gw gateway.Client, text, target, name string, input llb.State, config []byte) (*gateway.Result, error) {
	const inputKey = "slipway"
	file := filesState("template", map[string][]byte{"Dockerfile": []byte(text)})
	inputs := map[string]*pb.Definition{}
	for key, state := range map[string]llb.State{"dockerfile": file, inputKey: input} {
		def, err := state.Marshal(ctx, llb.Platform(s.spec.Platform))
		if err != nil {
			return nil, err
		}
		inputs[key] = def.ToPB()
	}
	if s.spec.Context == "" {
		def, err := llb.Scratch().File(llb.Mkdir("/context", 0o755)).Marshal(ctx)
		if err != nil {
			return nil, err
		}
		inputs["context"] = def.ToPB()
	}
	metadata, err := json.Marshal(map[string][]byte{exptypes.ExporterImageConfigKey: config})
	if err != nil {
		return nil, err
	}
	res, err := gw.Solve(ctx, gateway.SolveRequest{
		Frontend: "dockerfile.v0",
		FrontendOpt: map[string]string{
			"target":                     target,
			"platform":                   platforms.Format(s.spec.Platform),
			"context:" + name:            "input:" + inputKey,
			"input-metadata:" + inputKey: string(metadata),
			// Another frontend named by `# syntax=` would be pulled and run.
			"build-arg:BUILDKIT_SYNTAX": "",
		},
		FrontendInputs: inputs,
	})
	if err != nil {
		return nil, s.templateError(err)
	}
	return res, nil
}

func (s *solve) templateError(err error) error {
	var solveErr *errdefs.SolveError
	if len(errdefs.Sources(err)) == 0 && !errors.As(err, &solveErr) {
		return fmt.Errorf("%s: %s: %w", s.spec.Template.File, rootMessage(err), err)
	}
	return instructionError(s.spec.Template.File, err)
}

// componentHistory appends one entry for each component, since each makes one layer (OCI image-spec, config.md).
func (s *solve) componentHistory(config []byte) ([]byte, error) {
	if len(s.spec.Components) == 0 {
		return config, nil
	}
	return editConfig(config, func(fields map[string]json.RawMessage) error {
		var history []ocispecs.History
		if raw, ok := fields["history"]; ok {
			if err := json.Unmarshal(raw, &history); err != nil {
				return fmt.Errorf("image config: history: %w", err)
			}
		}
		for _, c := range s.spec.Components {
			history = append(history, ocispecs.History{CreatedBy: "slipway " + c.Title})
		}
		var err error
		fields["history"], err = json.Marshal(history)
		return err
	})
}

// withLabels sets labels that the config does not have.
func withLabels(config []byte, labels map[string]string) ([]byte, error) {
	if len(labels) == 0 {
		return config, nil
	}
	return editConfig(config, func(fields map[string]json.RawMessage) error {
		inner := map[string]json.RawMessage{}
		if raw, ok := fields["config"]; ok {
			if err := json.Unmarshal(raw, &inner); err != nil {
				return fmt.Errorf("image config: config: %w", err)
			}
		}
		all := map[string]string{}
		maps.Copy(all, labels)
		if raw, ok := inner["Labels"]; ok {
			own := map[string]string{}
			if err := json.Unmarshal(raw, &own); err != nil {
				return fmt.Errorf("image config: labels: %w", err)
			}
			maps.Copy(all, own)
		}
		var err error
		if inner["Labels"], err = json.Marshal(all); err != nil {
			return err
		}
		fields["config"], err = json.Marshal(inner)
		return err
	})
}

// editConfig changes single fields of an image config and keeps all others, known or not.
func editConfig(config []byte, edit func(map[string]json.RawMessage) error) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, fmt.Errorf("image config: %w", err)
	}
	if err := edit(fields); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}
