package build

import (
	"regexp"
	"sync"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/builder/why"
)

// reasons says why components run, by comparison with the last build of the recipe.
type reasons struct {
	in     Input
	memory why.Memory
	now    why.Build
	ran    int    // the first component that ran, -1 as long as none did
	before string // an instruction of the template that ran, before any component did
}

func newReasons(s stage.Services, in Input, components []plan.Component) *reasons {
	r := &reasons{in: in, ran: -1, memory: why.Load(s.Memory, in.Plan.Recipe.Normal, in.Platform.Name)}
	r.now = why.Build{
		Parent: in.Platform.Digest, WorkingDirectory: in.Plan.WorkingDirectory, Components: []why.Inputs{},
		Runner: engine.RunnerDigest(in.Platform.Name),
	}
	if t := template(in); t.Prefix != "" {
		r.now.Template = why.Digest(t.Prefix)
	}
	for _, c := range components {
		inputs := why.Inputs{Component: c.Name, Document: c.Digest, Parameters: map[string]string{}}
		for _, p := range c.Parameters {
			inputs.Parameters[p.Name] = why.Digest(p.Value)
		}
		r.now.Components = append(r.now.Components, inputs)
	}
	return r
}

// explain is called for components that run, in their order.
func (r *reasons) explain(i int) string {
	if r.ran < 0 {
		r.ran = i
	}
	if r.in.noCache(r.now.Components[i].Component) {
		return "--no-cache asks for it"
	}
	if r.in.Plan.BuildStage()[i].NoCache {
		return "cache: false in the recipe asks for it"
	}
	return r.memory.Explain(r.now, i, r.ran, r.before)
}

// instruction is how the builder names the work of a Dockerfile instruction that makes files.
var instruction = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\[[^\]]*\] ((?:RUN|COPY|ADD|WORKDIR)\b.*)`) })

// ranBefore notes work that was not taken from the cache.
func (r *reasons) ranBefore(name string) {
	if found := instruction().FindStringSubmatch(name); found != nil && r.ran < 0 && r.before == "" {
		r.before = found[1]
	}
}

// ended notes how a component ended.
func (r *reasons) ended(i int, o why.Outcome) { r.now.Components[i].Outcome = o }

// remember keeps this build for the next one. Failing to costs nothing but words.
func (r *reasons) remember(folder string) {
	if folder != "" {
		_ = why.Save(folder, r.in.Plan.Recipe.Normal, r.in.Platform.Name, r.now)
	}
}
