//go:build linux

package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/component/sealed"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// shown is a command in a page of the documentation, and what the page says that it writes.
type shown struct {
	command string
	output  []string
}

var (
	inlineCommand = regexp.MustCompile("`(slipway [^`]+)`")
	placeholder   = regexp.MustCompile(`\b[A-Z]{2,}\b`)
)

// commandsOf takes the commands out of a page in their order: the lines with $ of its console blocks, and commands in
// the text that have arguments and no placeholders.
func commandsOf(t *testing.T, page string) (commands []shown, files map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	block, last := "", ""
	files = map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && block != "":
			block = ""
		case fence:
			block = "``` " + language
		case block == "``` console":
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				commands = append(commands, shown{command: command})
			} else if n := len(commands) - 1; n >= 0 {
				commands[n].output = append(commands[n].output, line)
			}
		case block == "``` json" && last != "":
			files[last] += line + "\n"
		case block == "":
			for _, found := range inlineCommand.FindAllStringSubmatch(line, -1) {
				if len(strings.Fields(found[1])) > 2 && !placeholder.MatchString(strings.ReplaceAll(strings.ReplaceAll(found[1], "TEST", ""), "DEPRECATED", "")) {
					commands = append(commands, shown{command: found[1]})
				}
			}
			if name := regexp.MustCompile("`([a-z-]+\\.json)`").FindStringSubmatch(line); name != nil {
				last = name[1]
			}
		}
	}
	return commands, files
}

const nginxYAML = `name: nginx
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - {name: Install, action: CreateFile, inputs: [{path: /nginx, content: nginx}]}
`

// TestCommandsOfTheDocumentation runs every command of the pages about the component store, with a real registry and a
// real S3 server, and compares what it writes with what the page says.
func TestCommandsOfTheDocumentation(t *testing.T) {
	bash, _ := needs(t, "bash", "bash"), needs(t, "openssl", "openssl")
	needs(t, "skopeo", "skopeo")
	for page, prepare := range map[string][]string{
		"component-store.md": {`slipway component create nginx.yaml --name locked --semantic-version 1.0.0 --kms-key-id "$(cat old.id)"`},
		"component-artifacts.md": {
			"slipway component create nginx.yaml --semantic-version 1.0.0", "slipway component create nginx.yaml --semantic-version 1.4.2",
		},
		"settings.md": nil,
	} {
		t.Run(page, func(t *testing.T) {
			bucket, env := s3Server(t)
			registry := ocitest.Distribution(t)
			dir, bin := t.TempDir(), t.TempDir()
			commands, files := commandsOf(t, page)
			for name, text := range files {
				put(t, dir, name, text)
			}
			put(t, dir, "nginx.yaml", nginxYAML)
			put(t, dir, "open-ports.sh", "#!/bin/bash\necho 'net.core.somaxconn = 1024' > /etc/sysctl.d/90-ports.conf\n")
			put(t, dir, "web/recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: nginx/1.x.x\n")
			put(t, bucket, "nginx.yaml", nginxYAML+"# in the bucket\n")
			put(t, bucket, "scripts/tune-network.sh", "echo 'net.core.somaxconn = 1024' > /etc/sysctl.d/90-ports.conf\n")
			home, keys := t.TempDir(), ""
			for file, key := range map[string]string{"old.id": strings.Repeat("A", 43) + "=", "new.id": strings.Repeat("B", 42) + "A="} {
				id, err := sealed.Fingerprint("base64key://" + key)
				if err != nil {
					t.Fatal(err)
				}
				put(t, dir, file, id)
				keys += "    " + id + ": base64key://" + key + "\n"
			}
			put(t, home, "settings.yaml", "kms:\n  keys:\n"+keys)
			if err := os.Symlink(program, filepath.Join(bin, "slipway")); err != nil {
				t.Fatal(err)
			}
			env = append(env, "SLIPWAY_HOME="+home, "HOME="+bin, "PATH="+bin+":"+os.Getenv("PATH"))
			for _, command := range prepare {
				commands = append([]shown{{command: command}}, commands...)
			}
			if len(commands) == 0 {
				t.Fatal("the page has no commands")
			}
			for _, c := range commands {
				// The registry of the test speaks plain http, of which skopeo has to be told.
				text := strings.NewReplacer("registry.example.com", registry, "skopeo inspect", "skopeo inspect --tls-verify=false").Replace(c.command)
				cmd := exec.CommandContext(t.Context(), bash, "-euc", text)
				cmd.Dir, cmd.Env = dir, env
				var stderr strings.Builder
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s: %v\n%s", c.command, err, &stderr)
				}
				if want := strings.Join(c.output, "\n"); want != "" && strings.TrimSpace(string(out)) != want {
					t.Errorf("%s wrote\n%s\nwant\n%s", c.command, out, want)
				}
			}
		})
	}
}
