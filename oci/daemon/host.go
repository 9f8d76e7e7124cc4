package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Options say where the engine is. The zero value finds it as the docker command does, without its environment.
type Options struct {
	// Host is the address of the engine; empty means to look it up.
	Host string
	// Getenv reads the environment: DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY,
	// XDG_RUNTIME_DIR and HOME.
	Getenv func(string) string
}

// endpoint is an engine's address and, when it is spoken to by TLS, the folder with its certificates.
type endpoint struct {
	host     string
	certs    string
	insecure bool // the engine's certificate is not verified
}

// find looks for the engine where the docker command does: DOCKER_HOST, the context of DOCKER_CONTEXT or of Docker's
// configuration, the default socket. When that socket is not there, the sockets of a Docker Engine and a Podman of
// this user are tried, and that of the system's Podman.
func find(o Options) (endpoint, error) {
	getenv := o.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	if o.Host == "" {
		o.Host = getenv("DOCKER_HOST")
	}
	if o.Host != "" {
		e := endpoint{host: o.Host}
		if certs := getenv("DOCKER_CERT_PATH"); certs != "" || getenv("DOCKER_TLS_VERIFY") != "" {
			e.certs, e.insecure = certs, getenv("DOCKER_TLS_VERIFY") == ""
			if certs == "" {
				e.certs = configFolder(getenv)
			}
		}
		return e, nil
	}
	config := configFolder(getenv)
	context := getenv("DOCKER_CONTEXT")
	if context == "" {
		context = currentContext(config)
	}
	if context != "" && context != "default" {
		return contextEndpoint(config, context)
	}
	return endpoint{host: defaultHost(getenv("XDG_RUNTIME_DIR"))}, nil
}

func configFolder(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home := getenv("HOME")
	if home == "" {
		home, _ = os.UserHomeDir()
	}
	return filepath.Join(home, ".docker")
}

// currentContext is what `docker context use` chose; "" when nothing was.
func currentContext(config string) string {
	data, err := os.ReadFile(filepath.Join(config, "config.json"))
	if err != nil {
		return ""
	}
	var c struct {
		CurrentContext string `json:"currentContext"`
	}
	if json.Unmarshal(data, &c) != nil { // whoever needs the credentials in it says what is wrong
		return ""
	}
	return c.CurrentContext
}

// contextEndpoint reads a context as the docker command stores it, in folders named by the digest of its name.
func contextEndpoint(config, name string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	data, err := os.ReadFile(filepath.Join(config, "contexts", "meta", id, "meta.json"))
	if errors.Is(err, os.ErrNotExist) {
		return endpoint{}, &contextError{name}
	}
	if err != nil {
		return endpoint{}, fmt.Errorf("docker context %q: %w", name, err)
	}
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := json.Unmarshal(data, &meta); err != nil {
		return endpoint{}, fmt.Errorf("docker context %q: %w", name, err)
	}
	docker := meta.Endpoints["docker"]
	if docker.Host == "" {
		return endpoint{}, fmt.Errorf("docker context %q names no Docker Engine", name)
	}
	e := endpoint{host: docker.Host, insecure: docker.SkipTLSVerify}
	if certs := filepath.Join(config, "contexts", "tls", id, "docker"); isThere(certs) {
		e.certs = certs
	}
	return e, nil
}

// defaultHost is the first of the usual sockets that is there, and Docker's own when none is.
func defaultHost(runtimeDir string) string {
	if runtime.GOOS == "windows" {
		return "npipe:////./pipe/docker_engine"
	}
	sockets := []string{"/var/run/docker.sock"}
	if runtimeDir != "" {
		sockets = append(sockets, filepath.Join(runtimeDir, "docker.sock"), filepath.Join(runtimeDir, "podman", "podman.sock"))
	}
	sockets = append(sockets, "/run/podman/podman.sock")
	for _, socket := range sockets {
		if isThere(socket) {
			return "unix://" + socket
		}
	}
	return "unix://" + sockets[0]
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// contextError is a context that Docker's configuration does not have.
type contextError struct{ name string }

func (e *contextError) Error() string { return fmt.Sprintf("docker context %q does not exist", e.name) }

func (*contextError) Hint() string {
	return "`docker context ls` shows all of them; DOCKER_HOST names an engine without one"
}
