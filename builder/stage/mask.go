package stage

import (
	"strings"

	"github.com/slipway-oci/slipway/runner/report"
)

// Masker hides the values of the secrets in what did not pass through the runner, which masks what it writes itself.
func (s Services) Masker() *report.Masker {
	m := &report.Masker{}
	for _, value := range s.Secrets {
		m.Add(strings.TrimSpace(string(value)))
	}
	return m
}
