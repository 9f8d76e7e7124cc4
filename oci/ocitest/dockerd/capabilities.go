package dockerd

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/moby/sys/capability"
)

// limited is an OCI runtime that gives containers at most the capabilities of a list: runc refuses a privileged container
// on a machine that lacks one of them, as a container often does.
const limited = `#!/bin/sh
limit() {
	jq -c --argjson have '%s' "$2 |= map_values(map(select(. as \$c | \$have | index(\$c))))" "$1" > "$1.new" && cat "$1.new" > "$1"
	rm -f "$1.new"
}
last=
for argument; do
	case $last in
	--bundle) limit "$argument/config.json" .process.capabilities ;;
	--process) limit "$argument" .capabilities ;;
	esac
	last=$argument
done
exec runc "$@"
`

// settings are those of the engine: none, unless the machine has not all capabilities.
func settings(dir string) ([]byte, error) {
	none := []byte("{}")
	own, err := capability.NewPid2(0)
	if err != nil {
		return nil, err
	}
	if err := own.Load(); err != nil {
		return nil, err
	}
	known := capability.ListKnown()
	var have []string
	for _, c := range known {
		if own.Get(capability.EFFECTIVE, c) {
			have = append(have, "CAP_"+strings.ToUpper(c.String()))
		}
	}
	if _, err := exec.LookPath("jq"); err != nil || len(have) == len(known) {
		return none, nil //nolint:nilerr // without jq, only privileged containers do not start
	}
	list, err := json.Marshal(have)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "limited-runc")
	if err := os.WriteFile(path, fmt.Appendf(nil, limited, list), 0o755); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"runtimes": {"limited": {"path": %q}}, "default-runtime": "limited"}`, path), nil
}
