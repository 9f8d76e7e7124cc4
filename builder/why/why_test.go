package why

import (
	"os"
	"path/filepath"
	"testing"
)

func build(change func(*Build)) Build {
	b := Build{
		Parent: Digest("parent"), Template: Digest("FROM x"), WorkingDirectory: "/tmp", Runner: Digest("runner"),
		Components: []Inputs{
			{Component: "users", Document: Digest("users v1"), Parameters: map[string]string{}},
			{Component: "web", Document: Digest("web v1"), Parameters: map[string]string{"Port": Digest("80"), "Root": Digest("/srv")}},
		},
	}
	if change != nil {
		change(&b)
	}
	return b
}

func TestExplainNamesWhatChanged(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Build)
		i, ran int
		before string
		want   string
	}{
		{"parent", func(b *Build) { b.Parent = "" }, 0, 0, "", "the parent image changed from " + short(Digest("parent")) + " to scratch"},
		{"template", func(b *Build) { b.Template = "" }, 0, 0, "", "the Dockerfile template before the components changed"},
		{"runner", func(b *Build) { b.Runner = "" }, 0, 0, "", "slipway has a new runner"},
		{"directory", func(b *Build) { b.WorkingDirectory = "/srv" }, 0, 0, "", `the working directory changed from "/tmp" to "/srv"`},
		{"document", func(b *Build) { b.Components[1].Document = Digest("web v2") }, 1, 1, "", "its document changed from " + short(Digest("web v1")) + " to " + short(Digest("web v2"))},
		{"parameter", func(b *Build) { b.Components[1].Parameters["Port"] = Digest("81") }, 1, 1, "", "parameter Port changed"},
		{"parameters", func(b *Build) { b.Components[1].Parameters = map[string]string{"Port": Digest("81")} }, 1, 1, "", "parameters Port, Root changed"},
		{"earlier", nil, 1, 0, "", `component "users" before it ran again`},
		{"order", func(b *Build) { b.Components[0], b.Components[1] = b.Components[1], b.Components[0] }, 0, 0, "", "the order of the components changed"},
		{"new", func(b *Build) { b.Components[1].Component = "db" }, 1, 1, "", "it is new in the recipe"},
		{"instruction", nil, 0, 0, "COPY a /a", `the template's instruction "COPY a /a" before it ran again: what it reads changed`},
		{"pruned", nil, 1, 1, "", "nothing changed, but the builder does not have its result any more: its cache was pruned, or it is another builder"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Save(dir, "web-base", "linux/amd64", build(nil)); err != nil {
				t.Fatal(err)
			}
			got := Load(dir, "web-base", "linux/amd64").Explain(build(row.change), row.i, row.ran, row.before)
			if got != row.want {
				t.Errorf("got  %q\nwant %q", got, row.want)
			}
		})
	}
}

func TestExplainOfTheFirstBuild(t *testing.T) {
	dir := t.TempDir()
	if got := Load(dir, "web-base", "linux/amd64").Explain(build(nil), 0, 0, ""); got != "first build of this recipe" {
		t.Errorf("got %q", got)
	}
}

func TestUnreadableMemoryIsNone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "r", "linux-amd64.json")
	if err := Save(dir, "r", "linux/amd64", build(nil)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Load(dir, "r", "linux/amd64").Explain(build(nil), 0, 0, ""); got != "first build of this recipe" {
		t.Errorf("got %q", got)
	}
}

func TestExplainTellsHowTheLastRunEnded(t *testing.T) {
	for outcome, want := range map[Outcome]string{
		Failed: "it failed the last time", Interrupted: "it was interrupted the last time", NotRun: "the last build ended before it",
	} {
		dir := t.TempDir()
		if err := Save(dir, "r", "linux/amd64", build(func(b *Build) { b.Components[1].Outcome = outcome })); err != nil {
			t.Fatal(err)
		}
		if got := Load(dir, "r", "linux/amd64").Explain(build(nil), 1, 1, ""); got != want {
			t.Errorf("%s: got %q, want %q", outcome, got, want)
		}
	}
}
