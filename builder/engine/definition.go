package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// definition is the graph of all components in the form that builders take, marshalled once. llb would do all of it
// again for every output of every component, and its states would keep each result: time and memory that grow with the
// square of their number.
type definition struct {
	whole       *pb.Definition
	constraints *llb.Constraints
	digests     []string       // of its operations
	position    map[string]int // of an operation, which stands behind those that it needs
}

// define marshals the graph that ends in last.
func define(ctx context.Context, last llb.State, platform ocispecs.Platform) (*definition, error) {
	def, err := last.Marshal(ctx, llb.Platform(platform))
	if err != nil {
		return nil, err
	}
	d := &definition{whole: def.ToPB(), constraints: def.Constraints, position: map[string]int{}}
	for i, op := range d.whole.Def {
		name := digest.FromBytes(op).String()
		d.digests = append(d.digests, name)
		d.position[name] = i
	}
	return d, nil
}

// output names what state stands for, which must be in the graph.
func (d *definition) output(ctx context.Context, state llb.State) (*pb.Input, error) {
	out, err := state.Output().ToInput(ctx, d.constraints)
	if err != nil {
		return nil, err
	}
	if _, ok := d.position[out.Digest]; !ok {
		return nil, fmt.Errorf("operation %s is not in the graph of the components", out.Digest)
	}
	return out, nil
}

// part makes one output, for a builder that has been asked for the whole already. It keeps every definition until the
// build ends, so names, which it knows, are left out.
func (d *definition) part(out *pb.Input) (*pb.Definition, error) {
	head, err := (&pb.Op{Inputs: []*pb.Input{out}}).MarshalVT()
	if err != nil {
		return nil, err
	}
	end := d.position[out.Digest] + 1
	last := d.digests[len(d.digests)-1]
	metadata := map[string]*pb.OpMetadata{digest.FromBytes(head).String(): d.whole.Metadata[last]}
	for _, name := range d.digests[:end] {
		if d.whole.Metadata[name].GetIgnoreCache() {
			metadata[name] = &pb.OpMetadata{IgnoreCache: true}
		}
	}
	return &pb.Definition{Def: append(slices.Clip(d.whole.Def[:end]), head), Metadata: metadata}, nil
}
