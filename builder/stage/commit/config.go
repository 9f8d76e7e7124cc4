package commit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
)

// shortestSecret is the length from which the value of a secret is looked for: shorter ones are found by accident.
const shortestSecret = 8

// checkConfig fails when the image config has something that neither parent nor template set.
func checkConfig(p *plan.Plan, config, parent *v1.ConfigFile, secrets map[string][]byte) error {
	wrong := func(message string) error {
		return &stage.Error{Code: stage.CodeMachine, Message: "the image config would have " + message, Mend: "this is a fault of slipway"}
	}
	for _, variable := range config.Config.Env {
		if strings.HasPrefix(variable, "SLIPWAY_") && !slices.Contains(parent.Config.Env, variable) && p.Template.Trivial {
			name, _, _ := strings.Cut(variable, "=")
			return wrong("the variable " + name + " of the build")
		}
	}
	if p.Template.Trivial {
		have, want := config.Config, parent.Config
		switch {
		case !slices.Equal(have.Entrypoint, want.Entrypoint):
			return wrong("an entrypoint that nobody set")
		case !slices.Equal(have.Cmd, want.Cmd):
			return wrong("a command that nobody set")
		case have.User != want.User:
			return wrong("a user that nobody set")
		case have.WorkingDir != want.WorkingDir:
			return wrong("a working directory that nobody set")
		}
	}
	return checkSecrets(config, secrets)
}

// checkSecrets fails when the config holds the value of a secret, for example in a label or a build argument.
func checkSecrets(config *v1.ConfigFile, secrets map[string][]byte) error {
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	for name, value := range secrets {
		value = bytes.TrimSpace(value)
		quoted, err := json.Marshal(string(value))
		if err != nil {
			return err
		}
		if len(value) >= shortestSecret && bytes.Contains(text, quoted[1:len(quoted)-1]) {
			return &stage.Error{
				Code: stage.CodeMachine, Message: "the image config would hold the value of secret \"" + name + "\"",
				Mend: "mount it in the instruction that needs it (RUN --mount=type=secret), instead of an ARG, ENV or LABEL",
			}
		}
	}
	return nil
}
