package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

// The values of Parent.ImageSource.
const (
	custom        = "CUSTOM"
	amazonManaged = "AMAZON_MANAGED"
	imported      = "IMPORTED"
)

const maxNear = 5

var (
	imageARN = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:aws[^:]*:imagebuilder:[^:]+:([0-9]{12}|aws(?:-[a-z-]+)?|third-party):image/([^/]+)(?:/([^/]+))?(?:/([0-9]{1,10}))?$`)
	})
	ownImage = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z0-9-_]+)/((?:x|\d+)\.(?:x|\d+)\.(?:x|\d+))(?:/(\d{1,10}))?$`)
	})
	machineImage = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ami-[0-9a-f]+$`) })
)

// managedImages stand for the managed images of the same names that are asked for most.
var managedImages = map[string]string{
	"amazon-linux-2-x86":         "docker.io/library/amazonlinux:2",
	"amazon-linux-2-arm64":       "docker.io/library/amazonlinux:2",
	"amazon-linux-2023-x86":      "docker.io/library/amazonlinux:2023",
	"amazon-linux-2023-arm64":    "docker.io/library/amazonlinux:2023",
	"ubuntu-server-22-lts-x86":   "docker.io/library/ubuntu:22.04",
	"ubuntu-server-22-lts-arm64": "docker.io/library/ubuntu:22.04",
	"ubuntu-server-24-lts-x86":   "docker.io/library/ubuntu:24.04",
	"ubuntu-server-24-lts-arm64": "docker.io/library/ubuntu:24.04",
}

// parent finds out what parentImage means and pins it.
func (b *planner) parent(ctx context.Context) error {
	p, err := b.parentReference(ctx)
	if err != nil {
		return b.parentError(err)
	}
	p.Written = b.recipe.ParentImage.Value
	if p.Reference.Transport == ref.Scratch {
		p.Name, p.Pinned = "scratch", "scratch"
		b.plan.Parent = p
		return nil
	}
	if b.opts.Images == nil {
		return b.parentError(errors.New("no images can be looked up"))
	}
	if b.image, err = b.opts.Images.Resolve(ctx, p.Reference); err != nil {
		return b.parentError(b.orStored(ctx, p.Reference, err))
	}
	p.Digest = b.image.Digest
	if p.Name == "" {
		p.Name = p.Written
	}
	if p.Reference.Transport == ref.Registry {
		p.Name = withoutDigest(p.Reference)
	}
	if p.Reference.Digest == "" {
		if p.Reference, err = p.Reference.WithDigest(p.Digest); err != nil {
			return b.parentError(err)
		}
	}
	p.Pinned = recipe.ParentContext
	if p.Reference.Transport == ref.Registry {
		p.Pinned = p.Reference.Name() + "@" + p.Digest
	}
	b.plan.Parent = p
	return nil
}

func (b *planner) parentError(err error) error {
	return &recipe.Error{
		Pos: b.recipe.ParentImage.Pos, Message: fmt.Sprintf("%s %q", b.what, b.recipe.ParentImage.Value), Err: err,
	}
}

// orStored adds to the failure of a registry that the image store has an image of that name, if it has one.
func (b *planner) orStored(ctx context.Context, r ref.Ref, err error) error {
	if r.Transport != ref.Registry {
		return err
	}
	stored, parseErr := ref.Parse(string(ref.Store) + ":" + b.recipe.ParentImage.Value)
	if parseErr != nil {
		return err
	}
	if _, missing := b.opts.Images.Resolve(ctx, stored); missing != nil {
		return err
	}
	return &recipe.Error{Err: err, Advice: fmt.Sprintf("the image store has an image of this name: parentImage: %s", stored)}
}

func withoutDigest(r ref.Ref) string {
	if r.Tag == "" {
		return r.Name()
	}
	return r.Name() + ":" + r.Tag
}

// parentReference tries the forms of parentImage in the order in which they decide.
func (b *planner) parentReference(ctx context.Context) (Parent, error) {
	text := b.recipe.ParentImage.Value
	transport, _, _ := strings.Cut(text, ":")
	switch ref.Transport(transport) {
	case ref.Scratch, ref.Layout, ref.Store, ref.Daemon:
		r, err := ref.Parse(text)
		source := imported
		if r.Transport == ref.Scratch || r.Transport == ref.Store {
			source = custom
		}
		if r.Transport == ref.Layout {
			r.Path = b.recipe.Path(r.Path)
		}
		return Parent{Reference: r, ImageSource: source}, err
	}
	if transport == "arn" {
		return b.imageARN(ctx, text)
	}
	if m := ownImage().FindStringSubmatch(text); m != nil {
		return b.ownImage(ctx, m[1], m[2], m[3])
	}
	if machineImage().MatchString(text) || transport == "ssm" {
		return Parent{}, &hinted{"a machine image is no parent of a container", "name a container image, such as debian:12"}
	}
	r, err := ref.ParseRegistry(text)
	return Parent{Reference: r, ImageSource: custom}, err
}

func (b *planner) imageARN(ctx context.Context, text string) (Parent, error) {
	m := imageARN().FindStringSubmatch(text)
	if m == nil {
		return Parent{}, errors.New("not the ARN of an image")
	}
	account, name, version, build := m[1], m[2], cmp.Or(m[3], "x.x.x"), m[4]
	if account != "aws" {
		return b.ownImage(ctx, name, version, build)
	}
	normal := ref.Normal(name)
	target := cmp.Or(b.opts.Settings.ManagedImages[normal], managedImages[normal])
	if target == "" {
		return Parent{}, &hinted{
			fmt.Sprintf("managed image %q is not known", name),
			fmt.Sprintf("say what stands for it in the setting managedImages.%s", normal),
		}
	}
	r, err := ref.ParseRegistry(target)
	return Parent{Reference: r, ImageSource: amazonManaged}, err
}

// ownImage picks the build of an own recipe that a version means: the highest that agrees in every node given.
func (b *planner) ownImage(ctx context.Context, name, version, build string) (Parent, error) {
	wanted, err := recipe.ParseVersion(version)
	if err != nil {
		return Parent{}, err
	}
	if wanted.HasWildcard() && build != "" {
		return Parent{}, errors.New("a version with an open node has no build number")
	}
	if b.opts.Images == nil {
		return Parent{}, errors.New("no images can be looked up")
	}
	number, _ := strconv.Atoi(build) // "" is 0, any build
	builds, err := b.opts.Images.Builds(ctx, ref.Normal(name))
	if err != nil {
		return Parent{}, err
	}
	slices.SortFunc(builds, func(x, y Build) int { return cmp.Or(y.Version.Compare(x.Version), y.Build-x.Build) })
	for _, candidate := range builds {
		if wanted.Matches(candidate.Version) && (number == 0 || number == candidate.Build) {
			return Parent{Reference: candidate.Reference, ImageSource: custom}, nil
		}
	}
	missing := &hinted{message: "no such image was built here", advice: "a repository of a registry is written with its host: docker.io/" + name}
	if len(builds) > 0 {
		var have []string
		for _, x := range builds[:min(len(builds), maxNear)] {
			have = append(have, fmt.Sprintf("%s/%d", x.Version, x.Build))
		}
		missing.advice = "there are " + strings.Join(have, ", ")
	}
	return Parent{}, missing
}

// hinted is an error with advice.
type hinted struct{ message, advice string }

func (e *hinted) Error() string { return e.message }

// Hint gives the advice.
func (e *hinted) Hint() string { return e.advice }
