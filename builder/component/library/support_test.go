package library_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component/library"
)

// supported is a shelf with abc/1.0.0, whose support ends 60 days from now, and recipes that use it and do not.
func supported(t *testing.T) *shelf {
	t.Helper()
	s := newShelf(t)
	r := request("abc", "1.0.0", "a")
	r.SupportEnd, r.ReplacedBy = "2031-06-08", "abc/2.x.x"
	s.create(r)
	s.add("abc/2.0.0", "def/1.0.0")
	s.keep("pinned", "1.0.0", "abc/1.0.0/1")
	s.keep("open", "1.0.0", "abc/1.x.x", "def", "abc/1.x.x")
	s.keep("newest", "1.0.0", "abc")
	s.keep("other", "1.0.0", "def")
	return s
}

// at moves the clock to a day and reads it as opening a store does.
func (s *shelf) at(day string) {
	s.t.Helper()
	now, err := time.Parse(time.DateOnly, day)
	if err != nil {
		s.t.Fatal(err)
	}
	s.now = now
	s.options.Now = func() time.Time { return now }
	s.Library = library.New(s.storage, s.options)
	if err := s.CheckSupport(s.ctx()); err != nil {
		s.t.Fatal(err)
	}
}

// condition is the state and reason of abc/1.0.0, and how many notices there are.
func (s *shelf) condition() (string, int) {
	s.t.Helper()
	c, err := s.Get(s.ctx(), "abc/1.0.0")
	if err != nil {
		s.t.Fatal(err)
	}
	notices, err := s.Notices(s.ctx())
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSuffix(c.State+": "+c.Reason, ": "), len(notices)
}

func TestSUP01SUP03Notices(t *testing.T) {
	for _, tt := range []struct {
		disable bool
		last    string
	}{{false, "DEPRECATED: support ended 2031-06-08"}, {true, "DISABLED: support ended 2031-06-08"}} {
		s := supported(t)
		s.options.Settings.DisableAtSupportEnd = tt.disable
		for _, step := range []struct {
			day, want string
			notices   int
		}{
			{"2031-05-10", "ACTIVE", 0},
			{"2031-05-11", "DEPRECATED: support ends 2031-06-08", 1},
			{"2031-05-20", "DEPRECATED: support ends 2031-06-08", 1},
			{"2031-06-07", "DEPRECATED: support ends 2031-06-08", 1},
			{"2031-06-08", tt.last, 2},
			{"2031-07-01", tt.last, 2},
		} {
			s.at(step.day)
			if got, notices := s.condition(); got != step.want || notices != step.notices {
				t.Errorf("disable %v, %s: %s with %d notices, want %s with %d", tt.disable, step.day, got, notices, step.want, step.notices)
			}
		}
		notices, err := s.Notices(s.ctx())
		if err != nil || notices[0].Kind != library.SupportEnds || notices[1].Kind != library.SupportEnded {
			t.Errorf("disable %v: notices %+v, %v", tt.disable, notices, err)
		}
		_, err = s.Source().Find(s.ctx(), "abc/1.0.0/1")
		if (err != nil) != tt.disable {
			t.Errorf("disable %v: a build after the end: %v", tt.disable, err)
		}
	}
}

func TestSUP02AffectedRecipes(t *testing.T) {
	s := supported(t)
	s.at("2031-05-11")
	notices, err := s.Notices(s.ctx())
	if err != nil || len(notices) != 1 {
		t.Fatalf("%d notices, %v", len(notices), err)
	}
	arn := "arn:aws:imagebuilder:us-east-1:000000000000:"
	want := library.NoticeEvent{
		ID: notices[0].ID, Kind: library.SupportEnds, Time: s.now, Component: arn + "component/abc/1.0.0/1", Name: "abc", Version: "1.0.0",
		SupportEnd: "2031-06-08", ReplacedBy: "abc/2.x.x", Pipelines: []string{},
		Recipes: []library.AffectedRecipe{
			{ARN: arn + "container-recipe/open/1.0.0", Reference: "abc/1.x.x"},
			{ARN: arn + "container-recipe/pinned/1.0.0", Reference: "abc/1.0.0/1", Pinned: true},
		},
	}
	if diff := cmp.Diff(want, notices[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c, err := s.Get(s.ctx(), "abc/1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if affected, err := s.Affected(s.ctx(), c); err != nil || !slices.Equal(affected, want.Recipes) {
		t.Errorf("affected %v, %v", affected, err)
	}
	if err := s.TakeNotice(s.ctx(), notices[0]); err != nil {
		t.Fatal(err)
	}
	s.at("2031-05-12")
	if _, left := s.condition(); left != 0 {
		t.Errorf("%d notices after they were taken", left)
	}
	for days, want := range map[int]int{20: 0, 28: 1} {
		endings, err := s.SupportEnding(s.ctx(), days)
		if err != nil || len(endings) != want {
			t.Errorf("%d end within %d days, %v", len(endings), days, err)
		}
	}
}

func TestSUP04PlansWarn(t *testing.T) {
	s := supported(t)
	for _, tt := range []struct{ day, want string }{
		{"2031-05-10", ""},
		{"2031-05-12", "support ends 2031-06-08; use abc/2.x.x instead"},
		{"2031-06-30", "support ended 2031-06-08; use abc/2.x.x instead"},
	} {
		s.at(tt.day)
		found, err := s.Source().Find(s.ctx(), "abc/1.0.0")
		if err != nil || found.Deprecated != tt.want {
			t.Errorf("%s: %q, %v", tt.day, found.Deprecated, err)
		}
	}
}

func TestReasonsOfPeopleStay(t *testing.T) {
	s := supported(t)
	s.deprecate("abc/1.0.0", library.Deprecation{Reason: "CVE-2031-1"})
	s.at("2031-05-12")
	if got, notices := s.condition(); got != "DEPRECATED: CVE-2031-1" || notices != 1 {
		t.Errorf("%s with %d notices", got, notices)
	}
	found, err := s.Source().Find(s.ctx(), "abc/1.0.0")
	if want := "CVE-2031-1; support ends 2031-06-08; use abc/2.x.x instead"; err != nil || found.Deprecated != want {
		t.Errorf("%q, %v", found.Deprecated, err)
	}
	s.deprecate("abc/1.0.0", library.Deprecation{Undo: true})
	s.at("2031-07-01")
	if got, notices := s.condition(); got != "ACTIVE" || notices != 1 {
		t.Errorf("after undo: %s with %d notices", got, notices)
	}
}
