package system

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

// setRegistry sets a value and makes its key when it is missing.
func setRegistry(root, key, name string, value any) (err error) {
	keys := map[string]registry.Key{
		"HKCR": registry.CLASSES_ROOT, "HKU": registry.USERS, "HKLM": registry.LOCAL_MACHINE, "HKCC": registry.CURRENT_CONFIG,
		"HKCU": registry.CURRENT_USER,
	}
	k, _, err := registry.CreateKey(keys[root], key, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	switch value := value.(type) {
	case string:
		return k.SetStringValue(name, value)
	case expandable:
		return k.SetExpandStringValue(name, string(value))
	case []string:
		return k.SetStringsValue(name, value)
	case []byte:
		return k.SetBinaryValue(name, value)
	case uint32:
		return k.SetDWordValue(name, value)
	case uint64:
		return k.SetQWordValue(name, value)
	}
	return fmt.Errorf("a value of type %T", value)
}
