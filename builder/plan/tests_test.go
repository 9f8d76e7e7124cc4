package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTimeoutOfTests(t *testing.T) {
	files := map[string]string{"recipe.yaml": head + "components: [{component: app}]\n", "app.yaml": doc("build", "test")}
	limited := head + "components: [{component: app}]\nimageTestsConfiguration: {timeoutMinutes: 3}\n"
	for _, tt := range []struct {
		recipe string
		flag   time.Duration
		want   float64
	}{
		{files["recipe.yaml"], 0, 720 * 60},
		{limited, 0, 180},
		{limited, 5 * time.Second, 5},
	} {
		files["recipe.yaml"] = tt.recipe
		p, err := makePlan(t, files, func(o *Options) { o.TestTimeout = tt.flag })
		if err != nil {
			t.Fatal(err)
		}
		if p.TestTimeout != tt.want {
			t.Errorf("flag %v: %v seconds, want %v", tt.flag, p.TestTimeout, tt.want)
		}
	}
}

func TestRecipeTurnsTestsOff(t *testing.T) {
	p, err := makePlan(t, map[string]string{
		"recipe.yaml": head + "components: [{component: app}]\nimageTestsConfiguration: {imageTestsEnabled: false}\nreports: [/r/*.xml]\n",
		"app.yaml":    doc("build", "test"),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.TestStage()) != 0 || p.Tests {
		t.Errorf("tests %v", names(p.TestStage()))
	}
	if diff := cmp.Diff([]Report{{Path: "/r/*.xml", Type: "file"}}, p.Reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestPlanForTests(t *testing.T) {
	dir := write(t, map[string]string{
		"app.yaml": withParameters, "check.yaml": doc("build", "test"), "hosted.yaml": doc("test", "container-host-test"),
	})
	opts := options(t, dir)
	p, err := ForTests(t.Context(), TestInput{Image: "example.com/web:1", Components: []string{"check", "hosted.yaml"}, Dir: dir}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"check", "hosted"}, names(p.TestStage())); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"hosted"}, names(p.HostStage())); diff != "" {
		t.Errorf("host tests (-want +got):\n%s", diff)
	}
	if len(p.BuildStage()) != 0 || p.Parent.Digest != indexDigest || p.Platforms[0].Digest != amd64Digest || len(p.Warnings) != 0 {
		t.Errorf("plan %+v", p)
	}
	for image, want := range map[string]string{
		"scratch":           "there is nothing to test in scratch",
		"example.com/web:1": `component "app" has no test and no container-host-test phase`,
		"not:a:reference":   "",
	} {
		_, err := ForTests(t.Context(), TestInput{Image: image, Components: []string{"check"}, Dir: dir}, opts)
		if image == "example.com/web:1" {
			_, err = ForTests(t.Context(), TestInput{Image: image, Components: []string{"app"}, Dir: dir}, opts)
		}
		if err == nil || want != "" && err.Error() != want {
			t.Errorf("%s: %v, want %q", image, err, want)
		}
	}
}
