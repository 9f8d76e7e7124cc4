package file

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// Accounts reads users and groups from the container's own files, without the C library and its name services. The
// zero value reads /etc/passwd and /etc/group.
type Accounts struct {
	Passwd, Group string
}

// User is one line of a passwd file.
type User struct {
	Name     string
	UID, GID int
	Home     string
}

// LookupUser returns the user with this name or decimal id. ok is false when there is none, or no passwd file; a name
// wins over an id, as in chown.
func (a Accounts) LookupUser(key string) (u User, ok bool, err error) {
	id, isID := accountID(key)
	var byID *User
	err = eachLine(or(a.Passwd, "/etc/passwd"), func(fields []string) bool {
		if len(fields) < 6 {
			return true
		}
		uid, uidOK := accountID(fields[2])
		gid, gidOK := accountID(fields[3])
		if !uidOK || !gidOK {
			return true
		}
		entry := User{Name: fields[0], UID: uid, GID: gid, Home: fields[5]}
		if entry.Name == key {
			u, ok = entry, true
			return false
		}
		if isID && uid == id && byID == nil {
			byID = &entry
		}
		return true
	})
	if err == nil && !ok && byID != nil {
		return *byID, true, nil
	}
	return u, ok, err
}

// userID returns the id for an owner input and the primary group, which is -1 for a number that no user has.
func (a Accounts) userID(owner string) (uid, gid int, err error) {
	u, ok, err := a.LookupUser(owner)
	if err != nil {
		return 0, 0, err
	}
	if ok {
		return u.UID, u.GID, nil
	}
	if id, isID := accountID(owner); isID {
		return id, -1, nil
	}
	return 0, 0, fmt.Errorf("unknown user %q", owner)
}

// groupID returns the id for a group input.
func (a Accounts) groupID(group string) (int, error) {
	gid, found := 0, false
	err := eachLine(or(a.Group, "/etc/group"), func(fields []string) bool {
		if len(fields) >= 3 && fields[0] == group {
			gid, found = accountID(fields[2])
		}
		return !found
	})
	if err != nil || found {
		return gid, err
	}
	if id, isID := accountID(group); isID {
		return id, nil
	}
	return 0, fmt.Errorf("unknown group %q", group)
}

// accountID parses a decimal user or group id; the largest number means "unchanged" to the system and is no id.
func accountID(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 1<<32-1 {
		return 0, false
	}
	return int(n), true
}

// eachLine calls line for the fields of every line of a colon-separated file until it returns false. A missing file
// has no lines.
func eachLine(path string, line func(fields []string) bool) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return action.PathError("reading", path, err)
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20) // a group may have thousands of members
	for scanner.Scan() {
		if !line(strings.Split(scanner.Text(), ":")) {
			return nil
		}
	}
	if err := scanner.Err(); err != nil {
		return action.PathError("reading", path, err)
	}
	return nil
}

func or(text, def string) string {
	if text == "" {
		return def
	}
	return text
}
