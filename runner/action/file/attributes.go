package file

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/runner/action"
)

// The inputs for owner, group and permissions that several modules have.
var (
	ownerInput = action.Input{
		Name: "owner", Type: action.String,
		Summary: "User who owns it, by name or id; by default the user who runs the component.",
	}
	groupInput = action.Input{
		Name: "group", Type: action.String,
		Summary: "Group that owns it, by name or id; by default the group of the user who runs the component.",
	}
)

func permissionsInput(summary string, required bool) action.Input {
	return action.Input{
		Name: "permissions", Type: action.String, Required: required,
		Check: checkPermissions, Summary: summary,
	}
}

var permissionsText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0o|0)?[0-7]{3,4}$`) })

func checkPermissions(text string) error {
	_, err := parsePermissions(text)
	return err
}

// parsePermissions returns the mode for an octal text such as 755, 0755, 4755 or 0o755.
func parsePermissions(text string) (fs.FileMode, error) {
	if !permissionsText().MatchString(text) {
		return 0, fmt.Errorf("permissions %q are not three or four octal digits such as 0755", text)
	}
	bits, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
	if err != nil {
		return 0, err
	}
	mode := fs.FileMode(bits & 0o777)
	for bit, special := range map[uint64]fs.FileMode{
		0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky,
	} {
		if bits&bit != 0 {
			mode |= special
		}
	}
	return mode, nil
}

// attributes are the owner, group and mode that an entry asks for.
type attributes struct {
	uid, gid int // -1 leaves it alone
	hasMode  bool
	mode     fs.FileMode
}

// attributesOf looks up owner, group and permissions of e before anything is touched. A key that is not given leaves
// the thing alone.
func (a Accounts) attributesOf(e action.Entry) (attributes, error) {
	at := attributes{uid: -1, gid: -1}
	for _, key := range []string{"owner", "group", "permissions"} {
		if runtime.GOOS == "windows" && e.Has(key) {
			return at, fmt.Errorf("%s is not supported on windows", key)
		}
	}
	var err error
	if e.Has("owner") {
		if at.uid, _, err = a.userID(e.Text("owner")); err != nil {
			return at, err
		}
	}
	if e.Has("group") {
		if at.gid, err = a.groupID(e.Text("group")); err != nil {
			return at, err
		}
	}
	if e.Has("permissions") {
		at.hasMode = true
		at.mode, err = parsePermissions(e.Text("permissions"))
	}
	return at, err
}

// createMode is the mode to create with: never wider than the wanted one, so that nothing is readable for a moment.
func (at attributes) createMode(def fs.FileMode) fs.FileMode {
	if at.hasMode {
		return at.mode.Perm()
	}
	return def
}

// apply sets what was asked for on path, links followed. The owner comes first: a change of owner clears the set-id
// bits.
func (at attributes) apply(path string) error {
	if at.uid >= 0 || at.gid >= 0 {
		if err := os.Chown(path, at.uid, at.gid); err != nil {
			return action.PathError("setting owner of", path, err)
		}
	}
	if at.hasMode {
		if err := os.Chmod(path, at.mode); err != nil {
			return action.PathError("setting permissions of", path, err)
		}
	}
	return nil
}
