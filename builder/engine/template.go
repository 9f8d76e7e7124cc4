package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// input is a file system with its image config, by the name that FROM knows it by.
type input struct {
	state  llb.State
	config []byte
}

// base returns the file system on which the components run, with its environment, and its image config.
func (s *solve) base(ctx context.Context, gw gateway.Client) (input, error) {
	parent, err := s.parent()
	if err != nil || s.spec.Template.Prefix == "" {
		return parent, err
	}
	res, err := s.dockerfile(ctx, gw, s.spec.Template.Prefix, s.spec.Template.Target, nil)
	if err != nil {
		return input{}, err
	}
	ref, err := res.SingleRef()
	if err != nil {
		return input{}, err
	}
	base := input{llb.Scratch(), res.Metadata[exptypes.ExporterImageConfigKey]}
	if ref != nil {
		if base.state, err = ref.ToState(); err != nil {
			return input{}, err
		}
	}
	base.state, err = withEnvironment(base.state, base.config)
	return base, err
}

// parent is the parent image with its config; an empty file system has a config of its platform only.
func (s *solve) parent() (input, error) {
	if s.spec.Parent == nil {
		config, err := json.Marshal(ocispecs.Image{Platform: s.spec.Platform})
		return input{llb.Scratch(), config}, err
	}
	state := imageState(s.spec.Parent.Digest, s.spec.Platform)
	state, err := withEnvironment(state, s.spec.Parent.Config)
	return input{state, s.spec.Parent.Config}, err
}

// finish applies what stands behind the components and returns the result to export.
func (s *solve) finish(ctx context.Context, gw gateway.Client, last input) (*gateway.Result, error) {
	if s.spec.Template.Suffix != "" {
		res, err := s.dockerfile(ctx, gw, s.spec.Template.Suffix, "", &last)
		if err != nil {
			return nil, err
		}
		config, err := withLabels(res.Metadata[exptypes.ExporterImageConfigKey], s.spec.Labels)
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
	def, err := last.state.Marshal(ctx, llb.Platform(s.spec.Platform))
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
	config, err := withLabels(last.config, s.spec.Labels)
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

// dockerfile builds text with BuildKit's own Dockerfile frontend. `FROM` finds the parent, and behind the components
// their result, as named build contexts.
func (s *solve) dockerfile(ctx context.Context, gw gateway.Client, text, target string, components *input) (*gateway.Result, error) {
	options := map[string]string{"target": target, "platform": platforms.Format(s.spec.Platform)}
	inputs := map[string]input{
		"dockerfile": {state: filesState("template", map[string][]byte{"Dockerfile": []byte(text)})},
	}
	if s.spec.Context == "" {
		inputs["context"] = input{state: llb.Scratch().File(llb.Mkdir("/context", 0o755), llb.WithCustomName("empty context"))}
	}
	if s.spec.Parent != nil {
		parent, err := s.parent()
		if err != nil {
			return nil, err
		}
		inputs["parent"] = parent
		options["context:"+ParentContext] = "input:parent"
	}
	if s.spec.Template.NoCache || components != nil && slices.ContainsFunc(s.spec.Components, func(c Component) bool { return c.NoCache }) {
		options["no-cache"] = "" // what is behind a component that runs again does as well
	}
	if components != nil {
		inputs["components"] = *components
		options["context:"+s.spec.Template.SuffixContext] = "input:components"
	}
	request := gateway.SolveRequest{Frontend: "dockerfile.v0", FrontendOpt: options, FrontendInputs: map[string]*pb.Definition{}}
	for key, in := range inputs {
		def, err := in.state.Marshal(ctx, llb.Platform(s.spec.Platform))
		if err != nil {
			return nil, err
		}
		request.FrontendInputs[key] = def.ToPB()
		if in.config == nil {
			continue
		}
		metadata, err := json.Marshal(map[string][]byte{exptypes.ExporterImageConfigKey: in.config})
		if err != nil {
			return nil, err
		}
		options["input-metadata:"+key] = string(metadata)
	}
	res, err := gw.Solve(ctx, request)
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
	return instructionError(s.spec.Template, err)
}

// afterComponents is the config of the file system that the components left. The history gets one entry for each,
// since each makes one layer (OCI image-spec, config.md). Triggers of the template's own stage are cleared: they are
// for builds on the image, not for the next FROM of this one.
func (s *solve) afterComponents(config []byte) ([]byte, error) {
	if len(s.spec.Components) == 0 && s.spec.Template.Suffix == "" {
		return config, nil
	}
	return editConfig(config, func(fields map[string]json.RawMessage) error {
		if err := clearTriggers(fields); err != nil {
			return err
		}
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

func clearTriggers(fields map[string]json.RawMessage) error {
	inner := map[string]json.RawMessage{}
	raw, ok := fields["config"]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(raw, &inner); err != nil {
		return fmt.Errorf("image config: config: %w", err)
	}
	if _, ok := inner["OnBuild"]; !ok {
		return nil
	}
	delete(inner, "OnBuild")
	var err error
	fields["config"], err = json.Marshal(inner)
	return err
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
