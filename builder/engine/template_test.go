package engine

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
)

const parentConfig = `{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Labels":{"own":"kept"},
"OnBuild":["RUN x"],"Healthcheck":{"Test":["NONE"]}},"history":[{"created_by":"parent"}],"moby.extra":{"a":1}}`

func decode(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHistoryGetsOneEntryForEachComponent(t *testing.T) {
	s := &solve{spec: &BuildSpec{Components: []Component{{Title: "component a/1.0.0"}, {Title: "component b/2.0.0/3"}}}}
	got, err := s.afterComponents([]byte(parentConfig))
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, []byte(parentConfig))
	want["history"] = []any{
		map[string]any{"created_by": "parent"},
		map[string]any{"created_by": "slipway component a/1.0.0"},
		map[string]any{"created_by": "slipway component b/2.0.0/3"},
	}
	delete(want["config"].(map[string]any), "OnBuild")
	if diff := cmp.Diff(want, decode(t, got)); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestWF18TemplateLabelsWin(t *testing.T) {
	got, err := withLabels([]byte(parentConfig), map[string]string{"own": "ours", "new": "set"})
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, []byte(parentConfig))
	want["config"].(map[string]any)["Labels"] = map[string]any{"own": "kept", "new": "set"}
	if diff := cmp.Diff(want, decode(t, got)); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

func TestConfigOfAnotherShapeIsRefused(t *testing.T) {
	for _, config := range []string{``, `[]`, `{"config":3}`, `{"config":{"Labels":[]}}`} {
		if _, err := withLabels([]byte(config), map[string]string{"a": "b"}); err == nil {
			t.Errorf("withLabels(%q) is no error", config)
		}
	}
}

func TestInstructionErrorNamesTheLine(t *testing.T) {
	cause := errors.New("failed to solve: exit code: 3")
	lines := func(numbers ...int32) error {
		var ranges []*pb.Range
		for _, n := range numbers {
			ranges = append(ranges, &pb.Range{Start: &pb.Position{Line: n}, End: &pb.Position{Line: n}})
		}
		return errdefs.WithSource(cause, &errdefs.Source{Info: &pb.SourceInfo{Filename: "Dockerfile"}, Ranges: ranges})
	}
	for _, tt := range []struct {
		template Template
		err      error
		want     string
	}{
		{Template{File: "web/Dockerfile"}, lines(7), "web/Dockerfile:7: exit code: 3"},
		{Template{File: "web/Dockerfile", FirstLine: 1}, lines(7, 8, 9), "web/Dockerfile:7: exit code: 3"},
		{Template{File: "recipe.yaml", FirstLine: 5}, lines(2), "recipe.yaml:6: exit code: 3"},
		{Template{File: "web/Dockerfile", FirstLine: 1}, cause, "web/Dockerfile: exit code: 3"},
	} {
		if got := instructionError(tt.template, tt.err).Error(); got != tt.want {
			t.Errorf("message %q, want %q", got, tt.want)
		}
	}
}

func TestMessagesAreWithoutTheWrappingOfTheBuilder(t *testing.T) {
	for text, want := range map[string]string{
		`failed to solve: rpc error: code = Unknown desc = exit code: 3`:                                              "exit code: 3",
		`failed to solve: failed to compute cache key: failed to calculate checksum of ref abc::def: "/x": not found`: `"/x": not found`,
		`"failed to solve: " is not a program`:                                                                        `"failed to solve: " is not a program`,
	} {
		if got := rootMessage(errors.New(text)); got != want {
			t.Errorf("rootMessage(%q) = %q, want %q", text, got, want)
		}
	}
}
