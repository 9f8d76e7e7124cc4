package recipe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBudgetsAndCache(t *testing.T) {
	r, err := Parse("recipe.yaml", []byte(head+`budgets:
  image: {size: 1.5GiB, files: 20000}
  component: {size: 20MB, seconds: 0.5}
components:
  - {component: a, cache: false, budget: {size: 500kB}}
  - {component: b, cache: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Budgets{Image: &Budget{Size: 3 << 29, Files: 20000}, Component: &Budget{Size: 20e6, Seconds: 0.5}}
	if diff := cmp.Diff(want, r.Budgets); diff != "" {
		t.Errorf("budgets (-want +got):\n%s", diff)
	}
	if c := r.Components; !c[0].NoCache || c[1].NoCache || c[0].Budget.Size != 500e3 || c[1].Budget != nil {
		t.Errorf("components %+v", c)
	}
}

func TestWrongBudgets(t *testing.T) {
	for _, test := range []struct{ budget, want string }{
		{"{size: much}", `recipe.yaml:3:25: size is "much", not a number of bytes`},
		{"{size: 1iB}", `recipe.yaml:3:25: size is "1iB", not a number of bytes`},
		{"{size: 0}", `recipe.yaml:3:25: size is "0"; at least 1 byte is needed`},
		{"{seconds: NaN}", `recipe.yaml:3:28: seconds is "NaN"; a number above 0 is needed`},
		{"{files: 0}", `recipe.yaml:3:26: files is "0"; a number from 1 to 2147483647 is allowed`},
		{"{bytes: 1}", `recipe.yaml:3:19: unknown key "bytes" in the budget of the image`},
	} {
		t.Run(test.budget, func(t *testing.T) {
			_, err := Parse("recipe.yaml", []byte(head+"budgets: {image: "+test.budget+"}\n"))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}
