package recipe

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

const parentConfig = `{"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}, "config": {
	"Env": ["PATH=/usr/bin", "PARENT=1"], "Cmd": ["parent-cmd"], "Entrypoint": ["parent-entry"],
	"User": "parent", "WorkingDir": "/parent", "Labels": {"parent": "1"}}}`

// configs answers for images: what the components left has a config of its own, every other image that of the parent.
type configs struct{ components []byte }

func (c configs) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(parentConfig)
	if strings.Contains(ref, ComponentsContext) {
		config = c.components
	}
	return ref, digest.FromBytes(config), config, nil
}

// convert gives what BuildKit makes of a Dockerfile: the image config, and the environment of the last instruction.
func convert(t *testing.T, text, target string, images configs) (config []byte, environment []string) {
	t.Helper()
	result, err := dockerfile2llb.Dockerfile2LLB(t.Context(), []byte(text), dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{Target: target},
		MetaResolver:   images,
		TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
		MainContext:    new(llb.Local("context")),
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	result.Image.History, result.Image.Created = nil, nil
	if config, err = json.MarshalIndent(result.Image, "", " "); err != nil {
		t.Fatal(err)
	}
	env, err := result.State.Env(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return config, env.ToArray()
}

// withoutTriggers does what is asked of the engine before it hands the config of the prefix to the suffix.
func withoutTriggers(t *testing.T, config []byte) []byte {
	t.Helper()
	var image map[string]any
	if err := json.Unmarshal(config, &image); err != nil {
		t.Fatal(err)
	}
	if inner, ok := image["config"].(map[string]any); ok {
		delete(inner, "OnBuild")
	}
	out, err := json.Marshal(image)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTPL09PartsGiveTheConfigOfTheWhole has BuildKit convert each template in one piece and in its two parts.
func TestTPL09PartsGiveTheConfigOfTheWhole(t *testing.T) {
	files, err := filepath.Glob("testdata/templates/*.Dockerfile")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".Dockerfile"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			template, err := ParseTemplate(file, 1, string(text))
			if err != nil {
				t.Fatal(err)
			}
			wantConfig, wantEnv := convert(t, template.Whole("debian", ""), "", configs{})
			parts := template.Render("debian")
			config, env := convert(t, parts.Prefix, parts.Target, configs{})
			if parts.Suffix != "" {
				config, env = convert(t, parts.Suffix, "", configs{components: withoutTriggers(t, config)})
			}
			if diff := cmp.Diff(string(wantConfig), string(config)); diff != "" {
				t.Errorf("image config (-whole +parts):\n%s", diff)
			}
			if diff := cmp.Diff(sorted(wantEnv), sorted(env)); diff != "" {
				t.Errorf("environment (-whole +parts):\n%s", diff)
			}
		})
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
