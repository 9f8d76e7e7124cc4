package cli

import (
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

func TestComponentsTravelThroughARegistry(t *testing.T) {
	registry := ocitest.Registry(t).Host
	w := stocked(t)
	for _, version := range []string{"1.0.0", "1.2.0"} {
		if got := w.ok("component", "push", "nginx/"+version, registry+"/components/nginx"); !strings.Contains(got, ":"+version+"@sha256:") {
			t.Errorf("push wrote %q", got)
		}
	}
	for _, reference := range []string{"oci://" + registry + "/components/nginx", registry + "/components/nginx", registry + "/components/nginx:1.2.x"} {
		if got := w.ok("component", "versions", reference); !strings.Contains(got, "\n1.2.0  ") || strings.Contains(got, "1.0.0") == strings.HasSuffix(reference, "x:1.2.x") {
			t.Errorf("versions %s:\n%s", reference, got)
		}
	}
	other := newWorld(t)
	if got := other.ok("component", "pull", registry+"/components/nginx:1.x.x"); got != "nginx/1.2.0/1\n" {
		t.Errorf("pull wrote %q", got)
	}
	if got := other.ok("component", "export", "nginx"); got != nginxDocument {
		t.Errorf("pulled\n%s", got)
	}
	if got := other.ok("component", "pull", registry+"/components/nginx:1.0.0", "--name", "my-nginx"); got != "my-nginx/1.0.0/1\n" {
		t.Errorf("pull under another name wrote %q", got)
	}
	uri := "oci://" + registry + "/components/nginx:1.0.0"
	if got := other.ok("component", "create", "--uri", uri, "--name", "again", "--semantic-version", "3.0.0"); got != "again/3.0.0/1\n" {
		t.Errorf("create from an address wrote %q", got)
	}
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: "+uri+"\n")
	if got := other.ok("plan", "--platform", "linux/amd64"); !strings.Contains(got, "nginx") {
		t.Errorf("a plan with an address:\n%s", got)
	}
	if code, _, stderr := other.run("component", "pull", registry+"/components/none:1.x.x"); code != WrongInput || !strings.Contains(stderr, "components/none") {
		t.Errorf("pull of nothing = %d, %s", code, stderr)
	}
}

func TestManagedComponents(t *testing.T) {
	w := stocked(t)
	if got := w.ok("component", "list", "--owner", "Amazon"); !strings.Contains(got, "update-linux") {
		t.Errorf("the catalogue is not listed:\n%s", got)
	}
	if got := w.ok("component", "show", "aws:update-linux/x.x.x", "--format", "json"); !strings.Contains(got, `"owner": "Amazon"`) {
		t.Errorf("show:\n%s", got)
	}
	if got := w.ok("component", "list"); strings.Contains(got, "update-linux") {
		t.Errorf("the catalogue is among the own components:\n%s", got)
	}
	write(t, "recipe.yaml", "name: web\nparentImage: debian:12\ncomponents:\n  - component: aws:update-linux/x.x.x\n")
	if got := w.ok("recipe", "create"); got != "web/1.0.0\n" {
		t.Errorf("recipe create wrote %q", got)
	}
	write(t, "recipe.yaml", "name: web\nparentImage: scratch\ncomponents:\n  - component: aws:update-linux/x.x.x\n")
	w.ok("component", "deprecate", "aws:update-linux", "--reason", "mine")
	for name, world := range map[string]*world{"with a store": w, "without one": newWorld(t)} {
		got := world.ok("plan", "--platform", "linux/amd64")
		if !strings.Contains(got, "update-linux") || strings.Contains(got, "deprecated: mine") != (world == w) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}
