package library_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/component/library"
)

func (s *shelf) delete(reference string) error {
	_, err := s.Delete(s.ctx(), reference)
	return err
}

func TestCOMP18DeleteOfAPinnedBuild(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "abc/1.0.0")
	s.keep("web", "1.0.0", "abc/1.0.0/1")
	refused(t, s.delete("abc/1.0.0/1"), library.HasDependants, "needed by recipe web/1.0.0", "slipway recipe delete web/1.0.0")
	if _, err := s.DeleteRecipe(s.ctx(), "web/1.0.0"); err != nil {
		t.Fatal(err)
	}
	if err := s.delete("abc/1.0.0/1"); err != nil {
		t.Error(err)
	}
	refused(t, s.delete("abc/1.0.0/1"), library.NotFound)
	refused(t, s.delete("abc/1.0.0"), library.InvalidRequest, `"abc/1.0.0/2"`)
	refused(t, s.delete("abc/x.x.x"), library.InvalidRequest, `"abc/1.0.0/2"`)
	refused(t, s.delete("../../etc/passwd"), library.InvalidRequest)
}

func TestCOMP19DeleteOfTheLastMatchOfAWildcard(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "abc/1.1.0", "abc/2.0.0")
	s.keep("web", "1.0.0", "abc/1.x.x")
	if err := s.delete("abc/1.1.0/1"); err != nil {
		t.Errorf("another version matched: %v", err)
	}
	refused(t, s.delete("abc/1.0.0/1"), library.HasDependants, "web/1.0.0")
	if err := s.delete("abc/2.0.0/1"); err != nil {
		t.Errorf("nothing names it: %v", err)
	}
	s.add("abc/1.2.0")
	s.deprecate("abc/1.2.0", library.Deprecation{Disable: true})
	refused(t, s.delete("abc/1.0.0/1"), library.HasDependants, "web/1.0.0")
	if err := s.delete("abc/1.2.0/1"); err != nil {
		t.Errorf("a disabled build is no match: %v", err)
	}
}

func TestDependantsAreNamedUpToFive(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0")
	for i := range 7 {
		s.keep("web", fmt.Sprintf("1.%d.0", i), "abc", "abc/1.0.0/1")
	}
	refused(t, s.delete("abc/1.0.0/1"), library.HasDependants, "web/1.0.0, web/1.1.0, web/1.2.0, web/1.3.0, web/1.4.0 and 2 more")
}

func TestCOMP20Policies(t *testing.T) {
	s := newShelf(t)
	arn := s.ARN(s.add("abc/1.0.0"))
	_, err := s.Policy(s.ctx(), arn)
	refused(t, err, library.NotFound, "no policy")
	for _, text := range []string{"", "x", "[]", "{}", `{"Statement": 1}`, `{"Statement": "` + strings.Repeat("x", 30000) + `"}`} {
		_, err := s.SetPolicy(s.ctx(), arn, text)
		refused(t, err, library.InvalidParameterValue, "policy")
	}
	const policy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "imagebuilder:GetComponent"}]}`
	if _, err := s.SetPolicy(s.ctx(), arn, policy); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Policy(s.ctx(), arn); err != nil || got != policy {
		t.Errorf("policy %q, %v", got, err)
	}
	refused(t, s.delete(arn), library.HasDependants, "shared")
	if _, err := s.SetPolicy(s.ctx(), arn, `{"Statement": []}`); err != nil {
		t.Fatal(err)
	}
	_, err = s.Policy(s.ctx(), arn)
	refused(t, err, library.NotFound)
	if err := s.delete(arn); err != nil {
		t.Error(err)
	}
}

func TestCOMP21States(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "abc/1.0.0", "abc/1.1.0")
	state := func(reference string) string {
		c, err := s.Get(s.ctx(), reference)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(c.State+": "+c.Reason, ": ")
	}
	changed, err := s.Deprecate(s.ctx(), "abc/1.0.0", library.Deprecation{Reason: "old"})
	if err != nil || strings.Join(shorts(changed), " ") != "abc/1.0.0/1 abc/1.0.0/2" {
		t.Errorf("changed %v, %v", shorts(changed), err)
	}
	if got := state("abc/1.0.0/1"); got != "DEPRECATED: old" {
		t.Error(got)
	}
	if got := state("abc/1.1.0"); got != "ACTIVE" {
		t.Error(got)
	}
	s.deprecate("abc/1.0.0/1", library.Deprecation{Disable: true})
	if got := state("abc/1.0.0/1"); got != "DISABLED" {
		t.Error(got)
	}
	_, err = s.Deprecate(s.ctx(), "abc/1.0.0", library.Deprecation{})
	refused(t, err, library.InvalidRequest, "abc/1.0.0/1", "--undo")
	if got := state("abc/1.0.0/2"); got != "DEPRECATED: old" {
		t.Errorf("half of a change was done: %s", got)
	}
	s.deprecate("abc", library.Deprecation{Undo: true})
	for _, r := range []string{"abc/1.0.0/1", "abc/1.0.0/2", "abc/1.1.0/1"} {
		if got := state(r); got != "ACTIVE" {
			t.Errorf("%s: %s", r, got)
		}
	}
	for _, d := range []library.Deprecation{{Undo: true, Disable: true}, {Undo: true, Reason: "x"}, {SupportEnd: "2031-13-01"}, {Reason: strings.Repeat("x", 1025)}} {
		_, err := s.Deprecate(s.ctx(), "abc", d)
		refused(t, err, library.InvalidRequest)
	}
	_, err = s.Deprecate(s.ctx(), "abc/9.x.x", library.Deprecation{})
	refused(t, err, library.NotFound)
}

func TestCOMP23DeletionOrder(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0", "def/1.0.0")
	s.keep("web", "1.0.0", "abc/1.0.0/1")
	s.keep("web", "1.1.0", "abc", "def")
	s.keep("other", "1.0.0", "def")
	order, err := s.DeletionOrder(s.ctx(), "abc/1.0.0/1")
	if err != nil || len(order.Recipes) != 2 || order.Component.Short() != "abc/1.0.0/1" {
		t.Fatalf("order %+v, %v", order, err)
	}
	for _, r := range order.Recipes {
		if _, err := s.DeleteRecipe(s.ctx(), r.Short()); err != nil {
			t.Error(err)
		}
	}
	if err := s.delete(order.Component.Short()); err != nil {
		t.Error(err)
	}
	if order, err := s.DeleteCascade(s.ctx(), "def/1.0.0/1"); err != nil || len(order.Recipes) != 1 {
		t.Errorf("cascade %+v, %v", order, err)
	}
	if rest, err := s.Recipes(s.ctx(), ""); err != nil || len(rest) != 0 || len(s.builds("")) != 0 {
		t.Errorf("left: %v %v, %v", rest, s.builds(""), err)
	}
}

func TestTAG02To04(t *testing.T) {
	s := newShelf(t)
	s.add("abc/1.0.0")
	tag := func(reference string, tags map[string]string) error {
		_, err := s.Tag(s.ctx(), reference, tags)
		return err
	}
	if err := tag("abc/1.0.0/1", map[string]string{"team": "web", "stage": "test", "a b/c": ""}); err != nil {
		t.Fatal(err)
	}
	if err := tag("abc/1.0.0/1", map[string]string{"stage": "production"}); err != nil {
		t.Fatal(err)
	}
	c, err := s.Untag(s.ctx(), "abc/1.0.0/1", []string{"a b/c", "absent"})
	if err != nil || len(c.Tags) != 2 || c.Tags["stage"] != "production" || c.Tags["team"] != "web" {
		t.Errorf("tags %v, %v", c.Tags, err)
	}
	many := map[string]string{}
	for i := range 49 {
		many[fmt.Sprint(i)] = ""
	}
	refused(t, tag("abc/1.0.0/1", many), library.InvalidParameter, "51 tags")
	refused(t, tag("abc/1.0.0/1", map[string]string{"aws:x": ""}), library.InvalidParameter)
	refused(t, tag("abc/1.0.0/1", map[string]string{"x": strings.Repeat("v", 257)}), library.InvalidParameter)
	refused(t, tag("abc/1.0.0", map[string]string{"x": ""}), library.InvalidParameter, "does not name one build")
	refused(t, tag("abc/1.0.0/2", map[string]string{"x": ""}), library.NotFound)
}
