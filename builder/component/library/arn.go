package library

import (
	"cmp"

	"github.com/slipway-oci/slipway/builder/component"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
)

func shortPrefix(namespace string) string {
	if namespace == Managed {
		return "aws:"
	}
	return ""
}

// label is what an encrypted document is bound to: the ARN without partition, region and account.
func label(c Component) []byte {
	return []byte("component/" + c.Normal() + "/" + c.Version.Text + "/" + itoa(c.Build))
}

// recipeLabel is what the encrypted files of a recipe are bound to, each for itself.
func recipeLabel(r Recipe, file string) []byte {
	return []byte("container-recipe/" + r.Normal() + "/" + r.Version.Text + "#" + file)
}

// Owner is the account of a namespace.
func (l *Library) Owner(namespace string) string {
	if namespace == Own {
		return cmp.Or(l.settings.Account, "000000000000")
	}
	return namespace
}

func (l *Library) arn(namespace, resource string) string {
	return "arn:" + cmp.Or(l.settings.Partition, "aws") + ":imagebuilder:" + cmp.Or(l.settings.Region, "us-east-1") + ":" +
		l.Owner(namespace) + ":" + resource
}

// NameARN is the ARN of all versions of a component.
func (l *Library) NameARN(c Component) string { return l.arn(c.Namespace, "component/"+c.Normal()) }

// VersionARN is the ARN of a version of a component, whatever its builds.
func (l *Library) VersionARN(c Component) string { return l.NameARN(c) + "/" + c.Version.Text }

// ARN is the ARN of a build of a component.
func (l *Library) ARN(c Component) string { return l.VersionARN(c) + "/" + itoa(c.Build) }

// RecipeARN is the ARN of a recipe.
func (l *Library) RecipeARN(r Recipe) string {
	return l.arn(Own, "container-recipe/"+r.Normal()+"/"+r.Version.Text)
}

// Latest holds the ARNs that mean the newest of all versions, of the same major, of the same minor and of the very
// version.
type Latest struct {
	Version string `json:"latestVersionArn"`
	Major   string `json:"latestMajorVersionArn"`
	Minor   string `json:"latestMinorVersionArn"`
	Patch   string `json:"latestPatchVersionArn"`
}

// LatestOf gives the ARNs that mean the newest of a version of the resource with this name ARN.
func LatestOf(nameARN string, v Version) Latest {
	open := func(nodes int) string {
		w := v.Version
		for i := nodes; i < len(w); i++ {
			w[i] = recipe.Open
		}
		return nameARN + "/" + w.String()
	}
	return Latest{Version: open(0), Major: open(1), Minor: open(2), Patch: nameARN + "/" + v.Text}
}

// refer finds what a reference to a component of the store means. Its namespaces are to be tried in order.
func (l *Library) refer(text string) (component.Reference, []string, Want, error) {
	r, err := component.ParseReference(text)
	if err != nil {
		return r, nil, Want{}, err
	}
	if r.Name == "" {
		return r, nil, Want{}, &component.ReferenceError{
			Text: text, Reason: "not the reference of a component in the store", Advice: "write NAME, NAME/1.x.x or NAME/1.2.3/4",
		}
	}
	v, err := recipe.ParseVersion(r.Version)
	if err != nil {
		return r, nil, Want{}, &Error{Code: InvalidVersionNumber, Message: "component " + text, Err: err}
	}
	return r, l.namespaces(r), Want{Version: v, Build: r.Build}, nil
}

// namespaces says where a reference is looked up: an account of twelve digits is the owner of a shared component if
// there is one, else it means nothing.
func (l *Library) namespaces(r component.Reference) []string {
	switch {
	case r.Managed:
		return []string{Managed}
	case r.Account == "" || r.Account == l.Owner(Own):
		return []string{Own}
	case r.Account[0] >= '0' && r.Account[0] <= '9':
		return []string{r.Account, Own}
	default:
		return []string{r.Account}
	}
}

func normalOf(r component.Reference) string { return ref.Normal(r.Name) }
