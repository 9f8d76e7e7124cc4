package system

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// SetRegistry sets a value of the Windows registry. Its inputs are checked everywhere; the runner is built for systems
// that have no registry, so a run always ends with a platform error.
type SetRegistry struct{}

// Spec implements action.Module.
func (SetRegistry) Spec() action.Spec {
	return action.Spec{
		Name: "SetRegistry", Family: family, Shape: action.List, Platforms: []string{"windows"},
		Summary: "Sets values of the Windows registry.",
		Inputs: []action.Input{
			{Name: "path", Type: action.String, Required: true, Check: checkRegistryPath, Summary: "Key, which starts with a root key such as `HKLM:` or `HKEY_LOCAL_MACHINE`."},
			{Name: "name", Type: action.String, Required: true, Summary: "Name of the value."},
			{Name: "value", Type: action.Any, Required: true, Summary: "The value: a list for `MULTI_SZ`, a number for `DWORD` and `QWORD`, else a text."},
			{Name: "type", Type: action.String, Required: true, Values: []string{"BINARY", "DWORD", "QWORD", "SZ", "EXPAND_SZ", "MULTI_SZ"}, Summary: "Type of the value."},
		},
		Example: `name: SetTimeout
action: SetRegistry
inputs:
  - path: HKLM:\SOFTWARE\App
    name: Timeout
    value: 30
    type: DWORD
`,
		Notes: "On other systems the step fails.",
	}
}

// CheckEntry implements action.Checker: the value fits its type.
func (SetRegistry) CheckEntry(e action.Entry) (warnings []string, err error) {
	_, isList := e["value"].([]string)
	text := e.Text("value")
	switch kind := e.Text("type"); {
	case !e.Has("value"):
		return nil, nil // reported as missing already
	case isList && kind != "MULTI_SZ":
		return nil, fmt.Errorf("value: a list needs type MULTI_SZ, not %s", kind)
	case !isList && kind == "MULTI_SZ":
		return nil, errors.New("value: type MULTI_SZ needs a list")
	case kind != "DWORD" && kind != "QWORD":
		return nil, nil
	case wholeNumber.MatchString(text):
		return nil, nil
	case fraction.MatchString(text):
		return []string{fmt.Sprintf("value %q: the fraction is lost in type %s", text, kind)}, nil
	default:
		return nil, fmt.Errorf("value %q is not a number, which type %s needs", text, kind)
	}
}

var (
	wholeNumber = regexp.MustCompile(`^[-+]?[0-9]+$`)
	fraction    = regexp.MustCompile(`^[-+]?[0-9]+[.][0-9]+$`)
)

// Run implements action.Module.
func (SetRegistry) Run(context.Context, action.Request) (action.Result, error) {
	return action.Result{}, &action.UnsupportedError{Action: "SetRegistry", Platform: runtime.GOOS}
}

// registryRoots are how a key may start; letter case does not matter.
var registryRoots = []string{
	`HKEY_CLASSES_ROOT\`, `HKEY_USERS\`, `HKEY_LOCAL_MACHINE\`, `HKEY_CURRENT_CONFIG\`, `HKEY_CURRENT_USER\`,
	`HKCR:`, `HKU:`, `HKLM:`, `HKCC:`, `HKCU:`,
}

func checkRegistryPath(text string) error {
	upper := strings.ToUpper(text)
	for _, root := range registryRoots {
		if strings.HasPrefix(upper, root) {
			return nil
		}
	}
	return fmt.Errorf(`path %q does not start with a root key such as HKLM: or HKEY_LOCAL_MACHINE\`, text)
}
