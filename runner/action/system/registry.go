package system

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/runner/action"
)

// SetRegistry sets values of the Windows registry. Its inputs are checked everywhere; on other systems a run ends with a
// platform error.
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
		Notes: "The key is made when it is missing. `BINARY` takes the bytes of the text. On other systems the step fails.",
	}
}

// CheckEntry implements action.Checker: the value fits its type.
func (SetRegistry) CheckEntry(e action.Entry) (warnings []string, err error) {
	_, isList := e["value"].([]string)
	text := e.Text("value")
	switch kind := e.Text("type"); {
	case !e.Has("value") || !e.Has("type"):
		return nil, nil // reported already, or not known yet
	case isList && kind != "MULTI_SZ":
		return nil, fmt.Errorf("value: a list needs type MULTI_SZ, not %s", kind)
	case !isList && kind == "MULTI_SZ":
		return nil, errors.New("value: type MULTI_SZ needs a list")
	case kind != "DWORD" && kind != "QWORD":
		return nil, nil
	case wholeNumber().MatchString(text):
		return nil, nil
	case fraction().MatchString(text):
		return []string{fmt.Sprintf("value %q: the fraction is lost in type %s", text, kind)}, nil
	default:
		return nil, fmt.Errorf("value %q is not a number, which type %s needs", text, kind)
	}
}

var (
	wholeNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?[0-9]+$`) })
	fraction    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?[0-9]+[.][0-9]+$`) })
)

// Run implements action.Module.
func (m SetRegistry) Run(ctx context.Context, req action.Request) (action.Result, error) {
	if runtime.GOOS != "windows" {
		return action.Result{}, &action.UnsupportedError{Action: "SetRegistry", Platform: runtime.GOOS}
	}
	return action.Result{}, action.Each(ctx, "SetRegistry", req.Entries, func(e action.Entry) error {
		if _, err := m.CheckEntry(e); err != nil {
			return err
		}
		root, key, err := splitKey(e.Text("path"))
		if err != nil {
			return err
		}
		value, err := registryValue(e)
		if err != nil {
			return err
		}
		if err := setRegistry(root, key, e.Text("name"), value); err != nil {
			return fmt.Errorf("setting %q in %q: %w", e.Text("name"), e.Text("path"), err)
		}
		return nil
	})
}

// splitKey returns the short name of the root key, such as HKLM, and the key below it.
func splitKey(path string) (root, key string, err error) {
	if err := checkRegistryPath(path); err != nil {
		return "", "", err
	}
	at := strings.IndexAny(path, `:\`)
	root = strings.ToUpper(path[:at])
	for _, names := range [][2]string{
		{"HKEY_CLASSES_ROOT", "HKCR"},
		{"HKEY_USERS", "HKU"},
		{"HKEY_LOCAL_MACHINE", "HKLM"},
		{"HKEY_CURRENT_CONFIG", "HKCC"},
		{"HKEY_CURRENT_USER", "HKCU"},
	} {
		if root == names[0] {
			root = names[1]
		}
	}
	return root, strings.Trim(path[at+1:], `\`), nil
}

// expandable is a text in which the system expands variables when it is read.
type expandable string

// registryValue returns the value of an entry that was checked, as the type that its kind has in the registry: string,
// expandable, []string, []byte, uint32 or uint64.
func registryValue(e action.Entry) (any, error) {
	text := e.Text("value")
	switch kind := e.Text("type"); kind {
	case "SZ":
		return text, nil
	case "EXPAND_SZ":
		return expandable(text), nil
	case "MULTI_SZ":
		return e.List("value"), nil
	case "BINARY":
		return []byte(text), nil
	case "DWORD":
		n, err := registryNumber(text, kind, 32)
		return uint32(n), err //nolint:gosec // it was checked for 32 bits
	case "QWORD":
		return registryNumber(text, kind, 64)
	default:
		return nil, fmt.Errorf("unknown type %q", kind)
	}
}

// registryNumber reads a number without its fraction. A negative one becomes its two's complement.
func registryNumber(text, kind string, bits int) (uint64, error) {
	whole, _, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseUint(strings.TrimPrefix(whole, "+"), 10, bits); err == nil {
		return n, nil
	}
	n, err := strconv.ParseInt(whole, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("value %q is out of the range of type %s", text, kind)
	}
	return uint64(n) & (1<<bits - 1), nil //nolint:gosec // two's complement is meant
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
