package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-oci/slipway/builder/engine/embedded/layer"
	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// product names this client to the builder.
const product = "slipway"

// Build is a build between its build stage and its commit: everything ran, nothing is exported. The builder holds
// its result until Commit or Close, so that exactly what ran is what is committed.
type Build struct {
	// Components tell how each component ended, in the order of the spec.
	Components []ComponentState

	commit  chan struct{} // closed to let the export begin
	abandon chan struct{} // closed to end without export
	ended   chan struct{} // closed when the solve is over
	resp    *client.SolveResponse
	err     error
	decided bool
	known   *Committed                  // of a build that need not be made
	caches  func(context.Context) error // writes the caches of the spec
}

var errAbandoned = errors.New("abandoned before the commit")

// Recalled is the build of an image that is in the store already, with so many components, all from the cache. It needs
// no builder.
func Recalled(components int, image Committed) *Build {
	b := &Build{Components: make([]ComponentState, components), known: &image, decided: true, ended: make(chan struct{})}
	close(b.ended)
	for i := range b.Components {
		b.Components[i] = ComponentState{Cached: true, HasLogs: true}
	}
	return b
}

// Build runs the template and the components of spec. When it fails, the components that ran are in the returned
// build all the same, their log folders have been read as far as the builder has them, and the build needs no Close.
// A failed component is a *ComponentError, a failed instruction of the template an *InstructionError.
func (e *Engine) Build(ctx context.Context, spec BuildSpec, p Progress) (*Build, error) {
	runner, err := runnerbin.For(spec.Platform.Architecture)
	if err != nil {
		return nil, err
	}
	b := &Build{
		Components: make([]ComponentState, len(spec.Components)),
		commit:     make(chan struct{}), abandon: make(chan struct{}), ended: make(chan struct{}),
		caches: func(ctx context.Context) error { return e.writeCaches(ctx, spec, runner) },
	}
	ran := make(chan error, 1)
	s := &solve{engine: e, spec: &spec, runner: runner, build: b, status: newTracker(p, len(spec.Components)), seen: seenFiles{}}
	statuses := make(chan *client.SolveStatus)
	go s.status.follow(statuses)
	go func() {
		defer close(b.ended)
		b.resp, b.err = e.client.Build(ctx, e.solveOptions(&spec, runner), product, func(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
			res, err := s.run(ctx, gw)
			ran <- err
			if err != nil {
				return nil, err
			}
			select {
			case <-b.commit:
				return res, nil
			case <-b.abandon:
				return nil, errAbandoned
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}, statuses)
	}()
	select {
	case err = <-ran:
		if err != nil {
			<-b.ended
		}
	case <-b.ended:
		// The session failed before or while the components ran.
		err = b.err
		select {
		case inner := <-ran:
			if inner != nil {
				err = inner
			}
		default:
		}
	}
	if ctx.Err() != nil {
		return b, context.Cause(ctx)
	}
	return b, err
}

// Commit exports the image into the store of the spec: all its blobs are there when it returns, and nothing points at
// them yet.
func (b *Build) Commit(ctx context.Context) (Committed, error) {
	if b.known != nil {
		return *b.known, nil
	}
	if !b.decided {
		b.decided = true
		close(b.commit)
	}
	select {
	case <-b.ended:
	case <-ctx.Done():
		// The solve has the same context and is about to end.
		<-b.ended
	}
	if b.err != nil {
		if ctx.Err() != nil {
			return Committed{}, context.Cause(ctx)
		}
		return Committed{}, fmt.Errorf("export the image: %s: %w", rootMessage(b.err), b.err)
	}
	if err := b.caches(ctx); err != nil {
		return Committed{}, err
	}
	return committed(b.resp.ExporterResponse)
}

// Close ends a build that is not to be committed. After Commit it does nothing.
func (b *Build) Close() {
	if !b.decided {
		b.decided = true
		close(b.abandon)
	}
	<-b.ended
}

func committed(response map[string]string) (Committed, error) {
	d, err := digest.Parse(response[exptypes.ExporterImageDigestKey])
	if err != nil {
		return Committed{}, fmt.Errorf("the builder named no image digest: %w", err)
	}
	config, err := digest.Parse(response[exptypes.ExporterImageConfigDigestKey])
	if err != nil {
		return Committed{}, fmt.Errorf("the builder named no config digest: %w", err)
	}
	c := Committed{Digest: d, ConfigDigest: config}
	descriptor, err := base64.StdEncoding.DecodeString(response[exptypes.ExporterImageDescriptorKey])
	if err == nil {
		err = json.Unmarshal(descriptor, &c.Descriptor)
	}
	if err != nil {
		return Committed{}, fmt.Errorf("the builder's descriptor of the image: %w", err)
	}
	if reports := response[layer.ReportsKey]; reports != "" {
		if err := json.Unmarshal([]byte(reports), &c.Reports); err != nil {
			return Committed{}, fmt.Errorf("the builder's reports of layers: %w", err)
		}
	}
	return c, nil
}

// solveOptions are everything the builder needs of this side for one build.
func (e *Engine) solveOptions(spec *BuildSpec, runner *runnerbin.Image) client.SolveOpt {
	compression := spec.Compression
	if compression == "" {
		compression = "gzip"
	}
	opt := client.SolveOpt{
		Exports: []client.ExportEntry{{
			Type: client.ExporterOCI,
			Attrs: map[string]string{
				"tar": "false", "oci-mediatypes": "true", "compression": compression,
				"source-date-epoch": strconv.FormatInt(max(spec.Epoch.Unix(), 0), 10),
			},
			OutputStore: newOwnIngests(spec.Store),
		}},
		OCIStores: map[string]content.Store{storeImages: spec.Store, storeRunner: runner.Store()},
		Session:   e.attachables(spec.Secrets, fetch(spec.Components)),
		// BuildKit's client adds the caches to it.
		FrontendAttrs: map[string]string{},
		// The builder's history would keep what instructions print as it is, secrets in it too. Runs have a record here.
		Internal: true,
	}
	if e.lease != nil && spec.StoreFolder != "" {
		opt.Exports[0].Attrs[layer.StoreAttribute] = spec.StoreFolder
	}
	for _, c := range spec.CacheFrom {
		opt.CacheImports = append(opt.CacheImports, client.CacheOptionsEntry{Type: c.Type, Attrs: c.Attrs})
	}
	for _, c := range spec.CacheTo {
		if c.Type != inline {
			continue
		}
		opt.CacheExports = append(opt.CacheExports, client.CacheOptionsEntry{Type: c.Type, Attrs: c.Attrs})
	}
	if spec.Context != "" {
		if folder, err := fsutil.NewFS(spec.Context); err == nil {
			opt.LocalMounts = map[string]fsutil.FS{"context": folder}
		}
	}
	return opt
}

// solve is the work of one build inside the builder's session.
type solve struct {
	engine *Engine
	spec   *BuildSpec
	runner *runnerbin.Image
	build  *Build
	status *tracker
	env    []string  // of the components' steps
	seen   seenFiles // reports that are there already
}

// run is the build stage: what stands before the components, the components, what stands behind them.
func (s *solve) run(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
	gw, base, g, err := s.begin(ctx, gw)
	if err != nil {
		return nil, err
	}
	if err := s.runComponents(ctx, gw, g); err != nil {
		return nil, err
	}
	return s.behind(ctx, gw, base, g)
}

// begin makes what stands before the components, and the graph of the components on it. The client that it returns
// takes the imported caches into every solve.
func (s *solve) begin(ctx context.Context, gw gateway.Client) (_ gateway.Client, base input, g *graph, err error) {
	if gw, err = withImports(gw); err != nil {
		return nil, base, nil, err
	}
	if base, err = s.base(ctx, gw); err != nil {
		return nil, base, nil, err
	}
	g, err = s.graph(ctx, base)
	return gw, base, g, err
}

// behind is what stands behind the components.
func (s *solve) behind(ctx context.Context, gw gateway.Client, base input, g *graph) (res *gateway.Result, err error) {
	last := input{state: g.last}
	if last.config, err = s.afterComponents(base.config); err != nil {
		return nil, err
	}
	return s.finish(ctx, gw, last)
}

// graph adds the components to base, one on the other.
func (s *solve) graph(ctx context.Context, base input) (*graph, error) {
	runner := runnerState(s.runner.Digest, s.spec.Platform)
	args, err := s.arguments(base.config)
	if err != nil {
		return nil, err
	}
	s.env = append(environmentOf(base.config), args...)
	g := &graph{last: base.state}
	if len(s.spec.Components) == 0 {
		return g, nil
	}
	var roots, logs []llb.State
	for i := range s.spec.Components {
		root, log := s.engine.addComponent(g.last, runner, i, s.spec, args)
		roots, logs, g.last = append(roots, root), append(logs, log), root
	}
	if g.definition, err = define(ctx, g.last, s.spec.Platform); err != nil {
		return nil, err
	}
	for i := range roots {
		var c component
		if c.root, err = g.output(ctx, roots[i]); err != nil {
			return nil, err
		}
		if c.logs, err = g.output(ctx, logs[i]); err != nil {
			return nil, err
		}
		g.components = append(g.components, c)
		s.status.watch(digest.Digest(c.root.Digest), i)
	}
	return g, nil
}

// evaluate has the builder make one output of the graph, all of which it has been asked for before.
func (g *graph) evaluate(ctx context.Context, gw gateway.Client, out *pb.Input) (gateway.Reference, error) {
	def, err := g.part(out)
	if err != nil {
		return nil, err
	}
	res, err := gw.Solve(ctx, gateway.SolveRequest{Definition: def, Evaluate: true})
	if err != nil {
		return nil, err
	}
	return res.SingleRef()
}

// arguments are the build arguments that components see, with references to the image's environment resolved.
func (s *solve) arguments(config []byte) ([]string, error) {
	if s.spec.Args == nil {
		return nil, nil
	}
	var img ocispecs.Image
	if err := json.Unmarshal(config, &img); err != nil {
		return nil, fmt.Errorf("image config: %w", err)
	}
	return s.spec.Args(img.Config.Env)
}

// environmentOf is the environment in an image config; none where it cannot be read, which others report.
func environmentOf(config []byte) []string {
	var img ocispecs.Image
	_ = json.Unmarshal(config, &img)
	return img.Config.Env
}

// runComponents asks for the file system of the last component, which runs them all in order. As soon as one has
// ended its log folder is asked for: the builder keeps an output only if somebody wanted it, and without its logs a
// component would not count as cached next time.
func (s *solve) runComponents(ctx context.Context, gw gateway.Client, g *graph) error {
	n := len(g.components)
	if n == 0 {
		return nil
	}
	logs := newReaders(n, func(i int) error { return s.readLogs(ctx, gw, g, i) })
	s.status.onSuccess(logs.start)
	_, failed := gw.Solve(ctx, gateway.SolveRequest{Definition: g.whole, Evaluate: true})
	if failed == nil {
		for i := range n {
			logs.start(i)
		}
	}
	err := logs.wait()
	if failed != nil {
		err = s.componentFailure(ctx, gw, g, failed)
	} else {
		err = errors.Join(err, s.collectBuilt(ctx, gw, g, n))
	}
	s.build.Components = s.status.components(failed == nil)
	return err
}

// readers reads the logs of components side by side, each at most once.
type readers struct {
	read func(i int) error

	mu      sync.Mutex
	started []bool
	closed  bool
	group   errgroup.Group
}

func newReaders(n int, read func(int) error) *readers {
	return &readers{read: read, started: make([]bool, n)}
}

func (r *readers) start(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.started[i] {
		return
	}
	r.started[i] = true
	r.group.Go(func() error { return r.read(i) })
}

// wait returns when all that were started have ended; later starts have no effect.
func (r *readers) wait() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	return r.group.Wait()
}
