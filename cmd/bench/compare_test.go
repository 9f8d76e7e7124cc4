//go:build linux

package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/registry"
)

// fakeTool runs `true` and writes down when.
type fakeTool struct {
	name   string
	absent error
	file   string
	diary  *[]string
}

func (f *fakeTool) Name() string                     { return f.name }
func (f *fakeTool) Open(context.Context, *Lab) error { return f.absent }
func (f *fakeTool) Write(Project) error              { return nil }
func (f *fakeTool) Daemons() []int                   { return nil }
func (f *fakeTool) Close() error                     { *f.diary = append(*f.diary, "close "+f.name); return nil }

func (f *fakeTool) Commands(Project, string) []Command { return []Command{{Args: []string{"true"}}} }

func (f *fakeTool) Result(_ Project, _ []string, warm bool) (Result, error) {
	state := " cold"
	if warm {
		state = " warm"
	}
	*f.diary = append(*f.diary, f.name+state)
	return Result{Digest: "sha256:1"}, nil
}

// Publish pushes an image with one file.
func (f *fakeTool) Publish(_ context.Context, p Project, _ string, _ Result) (string, error) {
	image, err := crane.Image(map[string][]byte{"f": []byte(f.file)})
	if err != nil {
		return "", err
	}
	digest, err := image.Digest()
	if err != nil {
		return "", err
	}
	return digest.String(), crane.Push(image, p.Repository+":latest")
}

func testLab(t *testing.T) *Lab {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return &Lab{
		ID: "id", Registry: strings.TrimPrefix(server.URL, "http://"), layers: layers{},
		dir: t.TempDir(), keep: true, log: io.Discard, settle: func(context.Context) {},
	}
}

func TestNobodyComesBehindTheSameOneInTheNextRound(t *testing.T) {
	for n := 1; n <= 9; n++ {
		before := make([]int, n)
		for round := range 8 {
			order := turns(n, round)
			if sorted := slices.Sorted(slices.Values(order)); len(slices.Compact(sorted)) != n {
				t.Fatalf("%d tools, round %d: %v", n, round, order)
			}
			for turn, i := range order {
				now := -1
				if turn > 0 {
					now = order[turn-1]
				}
				if round > 0 && n > 2 && now >= 0 && now == before[i] {
					t.Errorf("%d tools, round %d: %d comes behind %d again", n, round, i, now)
				}
				before[i] = now
			}
		}
	}
}

func TestToolsTakeTurns(t *testing.T) {
	var diary []string
	lab := testLab(t)
	tools := []Tool{&fakeTool{name: "a", file: "x", diary: &diary}, &fakeTool{name: "b", file: "x", diary: &diary}}
	c := Case{Name: "case", Work: Work{File: "/f", Content: "x"}}

	rows, err := compare(t.Context(), lab, tools, []Case{c}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := lab.Close(); err != nil {
		t.Error(err)
	}
	want := []string{"a cold", "b cold", "b warm", "a warm", "a warm", "b warm", "close b", "close a"}
	if diff := cmp.Diff(want, diary); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for _, row := range rows {
		if len(row.Samples) != 2 || row.Err != nil {
			t.Errorf("%s: %d samples and the error %v, want 2 and none", row.Tool, len(row.Samples), row.Err)
		}
	}
}

func TestImagesOfAllToolsAreTheSame(t *testing.T) {
	var diary []string
	tools := []Tool{
		&fakeTool{name: "slipway", file: "x", diary: &diary},
		&fakeTool{name: "docker", file: "x", diary: &diary},
		&fakeTool{name: "buildah", file: "x\n", diary: &diary}, // what the check of one file takes for the same
	}
	rows, err := compare(t.Context(), testLab(t), tools, []Case{{Name: "case", Work: Work{File: "/f", Content: "x"}}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if rows[1].Err != nil || rows[1].Entries != 1 {
		t.Errorf("docker: %d entries are the same, error %v, want 1 and none", rows[1].Entries, rows[1].Err)
	}
	if err := rows[2].Err; err == nil || !strings.Contains(err.Error(), "/f: size 2, not 1") {
		t.Errorf("buildah: %v, want a difference in the size of /f", err)
	}
}

func TestWrongImageDoesNotCount(t *testing.T) {
	var diary []string
	c := Case{Name: "case", Work: Work{File: "/f", Content: "new " + Run}}
	rows, err := compare(t.Context(), testLab(t), []Tool{&fakeTool{name: "docker", file: "old", diary: &diary}}, []Case{c}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows[0].Samples) != 0 || len(diary) != 1 {
		t.Errorf("%d samples of %d cycles, want none of 1", len(rows[0].Samples), len(diary))
	}
	if got, want := failures(rows), `case, docker: the image has "old" in /f, not "new id-case-0"`; got == nil || got.Error() != want {
		t.Errorf("failures() = %v, want %s", got, want)
	}
}

func TestAbsentToolIsNoFailureButSlipway(t *testing.T) {
	for _, test := range []struct {
		name    string
		failure string
	}{
		{"docker", ""},
		{"slipway", "case, slipway: not in PATH"},
	} {
		var diary []string
		tool := &fakeTool{name: test.name, absent: errors.New("not in PATH"), diary: &diary}
		rows, err := compare(t.Context(), testLab(t), []Tool{tool}, []Case{{Name: "case"}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := failures(rows); err != nil {
			got = err.Error()
		}
		if got != test.failure {
			t.Errorf("%s: failures() = %q, want %q", test.name, got, test.failure)
		}
		if len(diary) > 0 {
			t.Errorf("%s was used: %q", test.name, diary)
		}
	}
}

func TestInterruptedComparisonEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	var diary []string
	_, err := compare(ctx, testLab(t), []Tool{&fakeTool{name: "a", diary: &diary}}, []Case{{Name: "case"}}, 1)
	if err == nil || err.Error() != "enough" {
		t.Errorf("compare() = %v, want the cause of the end", err)
	}
}

func TestFailedCommandTellsItsOutput(t *testing.T) {
	_, _, err := runCommand(t.Context(), testLab(t), Command{Args: []string{"sh", "-c", "echo out; echo wrong >&2; exit 3"}})
	if err == nil || !strings.Contains(err.Error(), "exit status 3\nout\nwrong") {
		t.Errorf("runCommand() = %v, want the status and both outputs", err)
	}
}

func TestChoose(t *testing.T) {
	for _, test := range []struct{ names, want, wrong string }{
		{"", names(cases(), Case.name), ""},
		{"last-of-five,nothing-changed", "nothing-changed, last-of-five", ""},
		{"ten-step", "", `-only: there is no "ten-step"; there are ` + names(cases(), Case.name)},
	} {
		chosen, err := choose(cases(), Case.name, test.names)
		if got := names(chosen, Case.name); got != test.want {
			t.Errorf("choose(%q) = %s, want %s", test.names, got, test.want)
		}
		if (err == nil) != (test.wrong == "") || err != nil && err.Error() != test.wrong {
			t.Errorf("choose(%q): %v, want %q", test.names, err, test.wrong)
		}
	}
}
