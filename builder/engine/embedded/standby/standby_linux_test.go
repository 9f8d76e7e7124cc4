package standby

import "testing"

func TestExpected(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		want bool
	}{
		{"a build", []string{"slipway", "build", "."}, nil, true},
		{"a test", []string{"slipway", "test", "image:1", "check.yaml"}, nil, true},
		{"a build of what is here", []string{"slipway", "build"}, nil, true},
		{"no command", []string{"slipway"}, nil, false},
		{"another command", []string{"slipway", "validate", "build"}, nil, false},
		{"help", []string{"slipway", "build", "--help"}, nil, false},
		{"another builder", []string{"slipway", "build", ".", "--builder=docker"}, nil, false},
		{"another builder by the environment", []string{"slipway", "build", "."}, map[string]string{"SLIPWAY_BUILDER": "docker"}, false},
		{"a builder that stays", []string{"slipway", "build", "."}, map[string]string{"SLIPWAY_BUILDER_IDLE": "1m"}, false},
		{"the builder itself", append([]string{"slipway"}, Args...), nil, false},
		{"no command line", nil, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			getenv := func(name string) (string, bool) { value, ok := tt.env[name]; return value, ok }
			if got := expected(tt.args, getenv); got != tt.want {
				t.Errorf("expected(%q) = %t, want %t", tt.args, got, tt.want)
			}
		})
	}
}
