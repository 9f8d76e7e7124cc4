package engine

import (
	"fmt"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// chain is a build of n components, of which those from noCache on are to run in any case, and what stands before them.
func chain(n, noCache int) (*solve, input) {
	spec := &BuildSpec{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}}
	for i := range n {
		spec.Components = append(spec.Components, Component{
			Title: fmt.Sprintf("part-%d", i+1), NoCache: i >= noCache,
			Files: map[string][]byte{"document.yaml": fmt.Appendf(nil, "name: part-%d", i+1), Config: []byte("{}")},
		})
	}
	runner := &runnerbin.Image{Digest: digest.FromString("runner")}
	return &solve{engine: &Engine{}, spec: spec, runner: runner, status: newTracker(nil, n)},
		input{state: imageState(digest.FromString("parent"), spec.Platform), config: []byte("{}")}
}

func TestPartsOfTheGraphAreWhatMarshallingGives(t *testing.T) {
	s, base := chain(4, 2)
	g, err := s.graph(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	state := base.state
	for i, c := range g.components {
		root, logs := s.engine.addComponent(state, runnerState(s.runner.Digest, s.spec.Platform), i, s.spec, nil)
		state = root
		for _, output := range []struct {
			name  string
			in    *pb.Input
			state llb.State
		}{{"file system", c.root, root}, {"logs", c.logs, logs}} {
			part, err := g.part(output.in)
			if err != nil {
				t.Fatal(err)
			}
			want, err := output.state.Marshal(t.Context(), llb.Platform(s.spec.Platform))
			if err != nil {
				t.Fatal(err)
			}
			samePart(t, fmt.Sprintf("component %d, %s", i, output.name), part, want)
		}
	}
}

// samePart compares what a builder does with two definitions. One may have operations that the output does not need.
func samePart(t *testing.T, name string, part *pb.Definition, want *llb.Definition) {
	t.Helper()
	if got, want := part.Def[len(part.Def)-1], want.Def[len(want.Def)-1]; string(got) != string(want) {
		t.Errorf("%s: the last operation is %q instead of %q", name, got, want)
	}
	has := map[digest.Digest]bool{}
	for _, op := range part.Def {
		has[digest.FromBytes(op)] = true
	}
	for _, op := range want.Def {
		d := digest.FromBytes(op)
		if !has[d] {
			t.Errorf("%s: operation %s is missing", name, d)
		}
		if got, want := part.Metadata[d.String()].GetIgnoreCache(), want.Metadata[d].IgnoreCache; got != want {
			t.Errorf("%s: operation %s ignores the cache: %v instead of %v", name, d, got, want)
		}
	}
}

// BenchmarkGraph is the graph of a build and what is asked of it: once for all, and once for the logs of each component.
func BenchmarkGraph(b *testing.B) {
	for _, n := range []int{20, 200} {
		b.Run(fmt.Sprintf("%d-components", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, base := chain(n, n)
				g, err := s.graph(b.Context(), base)
				if err != nil {
					b.Fatal(err)
				}
				for _, c := range g.components {
					if _, err := g.part(c.logs); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
