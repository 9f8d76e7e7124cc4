package plan

import (
	"strings"
	"testing"
)

func TestSecretsAreCheckedBeforeABuild(t *testing.T) {
	p := &Plan{
		Secrets:    []string{"key", "mount", "token"}, // the template mounts one of them
		Components: []Component{{Name: "one", Secrets: []string{"key", "token"}}, {Name: "two", Secrets: []string{"token"}}},
	}
	for _, tt := range []struct {
		name  string
		given []string
		want  []string // in the errors and hints
	}{
		{"all", []string{"key", "token", "mount"}, nil},
		{"without the template's", []string{"key", "token"}, nil},
		{"missing", []string{"key"}, []string{`secret "token" is not given: component one, two refers to it`, "--secret id=token,src=FILE"}},
		{"misspelt", []string{"key", "tokn"}, []string{`secret "token" is not given`, `no component refers to a secret "tokn"`, `did you mean "token"?`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := p.CheckSecrets(tt.given)
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("error %v", err)
			}
			var text strings.Builder
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				for _, e := range joined.Unwrap() {
					text.WriteString(e.Error() + "\n" + e.(interface{ Hint() string }).Hint() + "\n")
				}
			}
			for _, want := range tt.want {
				if !strings.Contains(text.String(), want) {
					t.Errorf("%q is not in:\n%s", want, text.String())
				}
			}
		})
	}
	if err := (&Plan{}).CheckSecrets([]string{"x"}); err == nil {
		t.Error("a secret that nothing asks for is accepted")
	}
}
