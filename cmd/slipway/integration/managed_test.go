//go:build linux

package integration

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component/managed"
	"github.com/slipway-oci/slipway/builder/event"
)

// sourceLine is where a list of package sources, in either of its forms, names a mirror.
var sourceLine = regexp.MustCompile(`(?m)^(?:URIs:|deb\s+(?:\[[^\]]*\]\s+)?)\s*(https?://\S+)`)

// needsMirror skips a test unless one of this machine's package sources is a mirror of Debian that can be reached.
func needsMirror(t *testing.T) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	answers := []string{"no package source is set up"}
	for _, file := range mirrors() {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range sourceLine.FindAllSubmatch(text, -1) {
			resp, err := client.Get(strings.TrimSuffix(string(found[1]), "/") + "/dists/bookworm/InRelease")
			if err != nil {
				answers = append(answers, err.Error())
				continue
			}
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
			answers = append(answers, resp.Status)
		}
	}
	t.Skipf("no mirror of Debian answers: %s", answers[len(answers)-1])
}

// authority is the certificate of a new certificate authority.
func authority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// managedProject writes a recipe with components of the catalogue; each has its name and then pairs of a parameter and
// its value.
func managedProject(t *testing.T, command string, components ...[]string) *project {
	t.Helper()
	documents := map[string]string{}
	for _, c := range managed.All() {
		documents[c.Name] = string(c.Document)
	}
	p := newProject(t, debian).template("FROM {{{ imagebuilder:parentImage }}}", "{{{ imagebuilder:environments }}}", "{{{ imagebuilder:components }}}", command)
	p.add("components:")
	for _, c := range components {
		name, values := c[0], c[1:]
		if documents[name] == "" {
			t.Fatalf("there is no component %s", name)
		}
		p.write(name+".yaml", documents[name]).add("  - component: ./" + name + ".yaml")
		if len(values) > 0 {
			p.add("    parameters:")
		}
		for i := 0; i < len(values); i += 2 {
			p.add("      - name: "+values[i], "        value:", "          - |-", "            "+strings.ReplaceAll(values[i+1], "\n", "\n            "))
		}
	}
	return p
}

// lastPort is the last port that port gave.
var lastPort atomic.Int32

// port gives each image that listens one of its own, since containers share the network of the machine. It stays below
// the range from which the kernel takes ports for outgoing connections.
func port() string { return strconv.Itoa(18400 + int(lastPort.Add(1))) }

// listen is a command for an image that listens on a port.
func listen(port string, words ...string) string {
	script := `my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => ` + port + `, ReuseAddr => 1) or die; sleep 600`
	return `CMD ["` + strings.Join(append(words, "perl", "-MIO::Socket::INET", "-e", strings.ReplaceAll(script, `"`, `\"`)), `", "`) + `"]`
}

// TestManagedComponents runs the whole catalogue on Debian.
func TestManagedComponents(t *testing.T) {
	t.Parallel()
	h := shared(t)
	needsMirror(t)
	port := port()
	p := managedProject(t, listen(port, "setpriv", "--reuid=10001", "--clear-groups"),
		[]string{"update-linux"},
		[]string{"install-packages", "Names", "tree,awk\nmawk"}, // awk is provided by mawk
		[]string{"add-user", "UserName", "app", "UserId", "10001", "GroupName", "staff"},
		[]string{"ca-certificates", "Certificate", authority(t)},
		[]string{"timezone-locale", "Timezone", "Europe/Berlin"},
		[]string{"harden-basic", "KeepSetuid", "/usr/bin/passwd"},
		[]string{"test-command", "Command", "tree --version", "Output", "^tree v[0-9]"},
		[]string{"test-no-setuid", "Allowed", "/usr/bin/passwd"},
		[]string{"test-file-permissions", "Paths", "/etc/passwd, /etc/group", "Owner", "root", "Group", "0", "Mode", "0644"},
		[]string{"test-listening-port", "Port", port},
		[]string{"test-non-root-user", "User", "app"},
	)
	h.build(p).wantCode(0)
	again := h.build(p).wantCode(0)
	for _, c := range again.result().Components {
		if !c.Cached {
			t.Errorf("%s is run again though nothing changed", c.Name)
		}
	}
}

// TestManagedInstallOfAPackageThatIsNone fails the build, and names the component.
func TestManagedInstallOfAPackageThatIsNone(t *testing.T) {
	t.Parallel()
	h := shared(t)
	needsMirror(t)
	h.build(managedProject(t, "", []string{"install-packages", "Names", "tree, mail-transport-agent-is-not-one", "CleanUp", "false"})).
		wantCode(1, "install-packages", "mail-transport-agent-is-not-one")
}

// TestDocumentationOfManagedComponents builds the recipe of docs/managed-components.md, which names components by aws:.
func TestDocumentationOfManagedComponents(t *testing.T) {
	t.Parallel()
	h := shared(t)
	needsMirror(t)
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "managed-components.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := fenced.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 1 || blocks[0][1] != "yaml" {
		t.Fatalf("the page has other blocks than one recipe: %q", blocks)
	}
	p := newProject(t, debian).add(blocks[0][2])
	r := h.build(p).wantCode(0).result()
	if len(r.Components) != 1 || r.Components[0].Name != "install-packages" || r.Components[0].Version != "1.0.0" {
		t.Errorf("built %+v", r.Components)
	}
	if len(r.Tests) != 1 || r.Tests[0].Name != "test-command" {
		t.Errorf("tested %+v", r.Tests)
	}
}

// TestManagedTestsFail: each test of the catalogue finds what it is there for.
func TestManagedTestsFail(t *testing.T) {
	t.Parallel()
	h := shared(t)
	for _, test := range []struct {
		name, want string
		component  []string
	}{
		{"command fails", "the command ended with exit code 3 instead of 0", []string{"test-command", "Command", "exit 3"}},
		{"output differs", "condition is false", []string{"test-command", "Command", "echo one", "Output", "two"}},
		{"setuid", "setuid or setgid: ", []string{"test-no-setuid"}},
		{"mode", "/etc/passwd has the mode 644 instead of 600", []string{"test-file-permissions", "Paths", "/etc/passwd", "Mode", "0600"}},
		{"owner", "/etc/passwd has the owner root instead of daemon", []string{"test-file-permissions", "Paths", "/etc/passwd", "Owner", "daemon"}},
		{"no file", "/none does not exist", []string{"test-file-permissions", "Paths", "/etc/passwd,/none"}},
		{"other port", "nothing in the image listens on port 18399 after 1 seconds", []string{"test-listening-port", "Port", "18399", "Seconds", "1"}},
		{"no port", "condition is false", []string{"test-listening-port", "Port", "http"}},
		{"root", "process 1 of the image runs as root", []string{"test-non-root-user"}},
		{"unknown user", "there is no user app in the image", []string{"test-non-root-user", "User", "app"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // the builds share one builder
			o := h.of(t).build(managedProject(t, listen(port()), test.component)).wantCode(3)
			var said []string
			for _, e := range o.events {
				if e.Type == event.StepEnd && e.Message != "" {
					said = append(said, e.Message)
				}
			}
			if !strings.Contains(strings.Join(said, "\n"), test.want) {
				t.Errorf("want %q (-want +got):\n%s", test.want, cmp.Diff([]string{test.want}, said))
			}
		})
	}
}
