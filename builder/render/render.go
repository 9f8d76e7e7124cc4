// Package render writes a plan as a folder from which plain BuildKit builds the same image: a Dockerfile, its context,
// the runner with the component documents, and a script that runs docker buildx on them. Entry point is Write.
package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// The names in a rendered folder.
const (
	dockerfileName = "Dockerfile"
	scriptName     = "build.sh"
	contextFolder  = "context"
	filesFolder    = "slipway" // the runner and the documents
	parentFolder   = "parent"  // a parent that no registry has, as an OCI image layout
)

// filesContext is the named build context with the content of filesFolder.
const filesContext = "slipway-files"

// Sources are where images are read: the configs of those that decide the user, and a parent that no registry has.
type Sources struct {
	Store    *store.Store
	Registry *registry.Client
	Daemon   daemon.Opener // for a parent from a local engine; may be nil
}

// NotEmptyError says that a folder to write to has content already.
type NotEmptyError struct{ Dir string }

// Error names the folder.
func (e *NotEmptyError) Error() string { return fmt.Sprintf("folder %q is not empty", e.Dir) }

// Hint says what to do instead.
func (e *NotEmptyError) Hint() string { return "remove it, or name another one with --output" }

// Write renders the first platform of a plan into dir, which is made, or has to be empty. Files are never overwritten.
// What is written holds no secret: components that need some get them from the builder.
func Write(ctx context.Context, p *plan.Plan, from Sources, dir string) error {
	if err := makeEmpty(dir); err != nil {
		return err
	}
	platform := p.Platforms[0]
	user, err := from.user(ctx, p, platform)
	if err != nil {
		return fmt.Errorf("the user that the components are put between: %w", err)
	}
	r := &renderer{plan: p, dir: dir, platform: platform, user: user}
	for _, step := range []func(context.Context) error{r.dockerfile, r.files, r.context, r.parent(from), r.script} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func makeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o755)
	}
	if err == nil && len(entries) > 0 {
		return &NotEmptyError{dir}
	}
	return err
}

// renderer writes one folder.
type renderer struct {
	plan     *plan.Plan
	dir      string
	platform plan.Platform
	user     string // before the components; "" is root
}

func (r *renderer) path(names ...string) string {
	return filepath.Join(append([]string{r.dir}, names...)...)
}

func (r *renderer) dockerfile(context.Context) error {
	text := r.plan.Template.Whole(r.plan.Parent.Pinned, r.components())
	return os.WriteFile(r.path(dockerfileName), []byte(text), 0o644)
}

// local reports whether the parent is in no registry, so that the folder has to bring it.
func (r *renderer) local() bool { return r.plan.Parent.Pinned == recipe.ParentContext }

// script writes what runs docker buildx with the contexts that the Dockerfile needs.
func (r *renderer) script(context.Context) error {
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# Builds %s %s without Slipway, and without its tests: sh %s -t NAME\n", r.plan.Recipe.Name, r.plan.Recipe.Version, scriptName)
	for _, id := range r.plan.Secrets {
		fmt.Fprintf(&b, "# It needs a secret: --secret %s\n", quote("id="+id+",src=FILE"))
	}
	b.WriteString("dir=$(cd \"$(dirname \"$0\")\" && pwd) || exit 1\nexec docker buildx build")
	fmt.Fprintf(&b, " --platform %s -f \"$dir/%s\" \\\n", quote(r.platform.Name), dockerfileName)
	fmt.Fprintf(&b, "  --build-context %s=\"$dir/%s\" \\\n", filesContext, filesFolder)
	if r.local() {
		fmt.Fprintf(&b, "  --build-context %s=oci-layout://\"$dir/%s@%s\" \\\n", recipe.ParentContext, parentFolder, r.platform.Digest)
	}
	for _, key := range sorted(r.plan.Labels) {
		fmt.Fprintf(&b, "  --label %s \\\n", quote(key+"="+r.plan.Labels[key]))
	}
	fmt.Fprintf(&b, "  \"$@\" \"$dir/%s\"\n", contextFolder)
	return os.WriteFile(r.path(scriptName), []byte(b.String()), 0o755)
}

// quote makes one word of the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
