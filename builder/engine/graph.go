package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// The content stores of a session, as the builder asks for them.
const (
	storeImages = "images"
	storeRunner = "runner"
)

const secretCA = "slipway-ca"

// imageState is the file system of an image in the image store.
func imageState(d digest.Digest, platform ocispecs.Platform) llb.State {
	// The reference needs a host part; the digest alone is what counts.
	return llb.OCILayout("slipway.local/image@"+d.String(), llb.OCIStore("", storeImages), llb.Platform(platform),
		llb.WithCustomName("image "+d.String()))
}

func runnerState(d digest.Digest, platform ocispecs.Platform) llb.State {
	return llb.OCILayout("slipway.local/runner@"+d.String(), llb.OCIStore("", storeRunner), llb.Platform(platform),
		llb.WithCustomName("runner"))
}

// filesState is a file system with the given files, known by their content. Names may have one folder part.
func filesState(name string, files map[string][]byte) llb.State {
	var action *llb.FileAction
	folders := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if dir, _, ok := strings.Cut(file, "/"); ok && !folders[dir] {
			folders[dir] = true
			action = mkdir(action, "/"+dir)
		}
		action = mkfile(action, "/"+file, files[file])
	}
	if action == nil {
		action = llb.Mkdir("/none", 0o755)
	}
	return llb.Scratch().File(action, llb.WithCustomName(name))
}

// filesDigest tells the executions of components apart. All have the runner as an input, and the builder looks for
// results by each input and the execution's own text: were that the same for all, it would go through the results of
// every component that it ever ran. Steps do not see it.
func filesDigest(files map[string][]byte) string {
	text, _ := json.Marshal(files) // in the order of the names; bytes always marshal
	return digest.FromBytes(text).String()
}

func mkdir(after *llb.FileAction, path string) *llb.FileAction {
	if after == nil {
		return llb.Mkdir(path, 0o755)
	}
	return after.Mkdir(path, 0o755)
}

func mkfile(after *llb.FileAction, path string, data []byte) *llb.FileAction {
	if after == nil {
		return llb.Mkfile(path, 0o444, data)
	}
	return after.Mkfile(path, 0o444, data)
}

// graph is what runs the components, one on the other.
type graph struct {
	*definition // nil without components

	last       llb.State // file system behind the last one
	components []component
}

// component is a component in the graph: its two outputs.
type component struct{ root, logs *pb.Input }

// addComponent runs component i on base and gives the file system and the log directory that it leaves. Runner,
// documents and private folders are mounts, so the layer holds only what the component did.
func (e *Engine) addComponent(base, runner llb.State, i int, spec *BuildSpec, args []string) (root, logs llb.State) {
	c := spec.Components[i]
	options := []llb.RunOption{
		llb.Args([]string{runnerbin.Program, "run", "--config", runnerbin.ComponentDir + "/" + Config}),
		llb.Dir("/"),
		llb.AddEnv("SLIPWAY_WORK_DIR", runnerbin.WorkDir),
		llb.AddEnv("SLIPWAY_CA_FILE", runnerbin.CAFile),
		llb.AddEnv("SLIPWAY_DOCUMENTS", filesDigest(c.Files)),
		llb.AddMount(runnerbin.Root, runner, llb.Readonly),
		llb.AddMount(runnerbin.ComponentDir, filesState("documents of "+c.Title, c.Files), llb.Readonly),
		llb.AddMount(runnerbin.WorkDir, llb.Scratch(), llb.Tmpfs()),
		llb.WithCustomName(c.Title),
	}
	if c.Fetches {
		options = append(options,
			llb.AddSecret(runnerbin.CAFile, llb.SecretID(secretCA), llb.SecretOptional, llb.SecretFileOpt(0, 0, 0o444)))
	}
	options = append(options, stubGuards()...)
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		options = append(options, llb.AddEnv(name, value))
	}
	for _, name := range c.Secrets {
		// Whether it is there is the step's matter: only a step that refers to it fails.
		options = append(options, llb.AddSecret(path.Join(secretsFolder, name),
			llb.SecretID(secretPrefix+name), llb.SecretOptional, llb.SecretFileOpt(0, 0, 0o400)))
	}
	if p := e.options.Proxy; p != (Proxy{}) {
		options = append(options, llb.WithProxy(llb.ProxyEnv{
			HTTPProxy: p.HTTP, HTTPSProxy: p.HTTPS, FTPProxy: p.FTP, NoProxy: p.No, AllProxy: p.All,
		}))
	}
	// The builder finds results by what they were made from, not by what that gave: behind a component that runs again
	// it would find those of its last run.
	if slices.ContainsFunc(spec.Components[:i+1], func(c Component) bool { return c.NoCache }) {
		options = append(options, llb.IgnoreCache)
	}
	run := base.Run(options...)
	return run.Root(), run.AddMount(LogDirectory, llb.Scratch())
}

// stubGuards are mounts below /proc, /sys and /dev. The OCI runtime makes those folders as mount points when an image
// lacks them, and BuildKit removes only stubs of mounts that it was asked for; with a mount below each, it removes
// them all, and an image from scratch stays as empty as its components left it.
func stubGuards() []llb.RunOption {
	// A state of its own: BuildKit loses the mounts of a failed execution when one input is mounted twice.
	empty := filesState("empty file", map[string][]byte{"empty": nil})
	return []llb.RunOption{
		llb.AddMount("/dev/shm", llb.Scratch(), llb.Tmpfs()),
		llb.AddMount("/sys/kernel/debug", llb.Scratch(), llb.Tmpfs()),
		// Of the files that a runtime allows to be mounted in /proc, the list of swap areas is the one nobody misses.
		llb.AddMount("/proc/swaps", empty, llb.Readonly, llb.SourcePath("/empty")),
	}
}

// withEnvironment sets the variables of an image config for everything that runs on state.
func withEnvironment(state llb.State, config []byte) (llb.State, error) {
	var img ocispecs.Image
	if len(config) == 0 {
		return state, nil
	}
	if err := json.Unmarshal(config, &img); err != nil {
		return state, fmt.Errorf("image config: %w", err)
	}
	for _, variable := range img.Config.Env {
		name, value, _ := strings.Cut(variable, "=")
		state = state.AddEnv(name, value)
	}
	return state, nil
}
