package recipe_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/recipe"
)

func TestPlatforms(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"two", "[linux/amd64, linux/arm/v7]", "linux/amd64 linux/arm/v7"},
		{"not a list", "linux/amd64", "recipe.yaml:3:12: platforms is"},
		{"no architecture", "[linux]", `recipe.yaml:3:13: platform "linux" is none`},
		{"upper case", "[Linux/AMD64]", `platform "Linux/AMD64" is none`},
		{"twice", "[linux/amd64, linux/amd64]", `platform "linux/amd64" is there twice, first in line 3`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := recipe.Parse("recipe.yaml", []byte("name: web\nparentImage: scratch\nplatforms: "+tt.text+"\n"))
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Parse = %v, want %q", err, tt.want)
				}
				return
			}
			var got []string
			for _, p := range r.Platforms {
				got = append(got, p.Value)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("platforms, -want +got:\n%s", diff)
			}
		})
	}
}
