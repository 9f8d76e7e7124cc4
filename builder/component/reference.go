package component

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// Kind says what a reference to a component is.
type Kind int

// The kinds of references.
const (
	Named   Kind = iota // name, name/1.x.x, name/1.2.3/4, and with "aws:" in front
	File                // ./f.yaml, ../f.yaml, /f.yaml
	Address             // s3://, file://, https://, oci://
	ARN                 // arn:...:component/...
)

// managedAccount is the account in the ARNs of managed components.
const managedAccount = "aws"

// Reference is what a recipe says to name a component.
type Reference struct {
	Kind Kind
	// Text is the reference as written.
	Text string
	// Managed says that the reference is one of the managed namespace: "aws:", or an ARN with the account aws.
	Managed bool
	// Account is that of an ARN: twelve digits, or the word of a namespace. Its partition and region mean nothing.
	Account string
	// Name is that of a named reference or an ARN, as written.
	Name string
	// Version has three nodes, x for those left open. It is empty unless the reference has a Name.
	Version string
	// Build is the build number, 0 when it is left open.
	Build int
}

// maxNode is the largest number that a node of a version, or a build, may have.
const maxNode = 1<<30 - 1

var (
	arnPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:aws[^:]*:imagebuilder:[^:]+:([0-9]{12}|aws(?:-[a-z-]+)?|third-party):component/(.+)$`)
	})
	addressPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(s3|file|https?|oci)://`) })
	arnName        = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-_A-Za-z0-9]+$`) })
	nodePattern    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+|x)$`) })
	buildPattern   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[1-9][0-9]*$`) })
)

// ParseReference reads a reference of a recipe file or of the command line.
func ParseReference(text string) (Reference, error) {
	r := Reference{Text: text}
	switch {
	case strings.HasPrefix(text, "./"), strings.HasPrefix(text, "../"), filepath.IsAbs(text):
		r.Kind = File
		return r, nil
	case addressPattern().MatchString(text):
		r.Kind = Address
		return r, nil
	case strings.HasPrefix(text, "arn:"):
		r.Kind = ARN
		m := arnPattern().FindStringSubmatch(text)
		if m == nil {
			return r, &ReferenceError{Text: text, Reason: "not the ARN of a component"}
		}
		r.Account, r.Managed = m[1], m[1] == managedAccount
		return r.named(m[2])
	}
	name, managed := strings.CutPrefix(text, "aws:")
	r.Managed = managed
	return r.named(name)
}

// validName reports whether the name is allowed; that in an ARN may be short, and has no spaces.
func (r Reference) validName() bool {
	if r.Kind != ARN {
		return recipe.ValidName(r.Name)
	}
	return r.Name != "" && len(r.Name) <= 128 && arnName().MatchString(r.Name)
}

// named reads NAME[/VERSION[/BUILD]].
func (r Reference) named(text string) (Reference, error) {
	parts := strings.Split(text, "/")
	r.Name, r.Version = parts[0], "x.x.x"
	if !r.validName() || len(parts) > 3 {
		return r, &ReferenceError{Text: r.Text, Reason: "not the name of a component", Advice: r.pathAdvice()}
	}
	if len(parts) > 1 {
		nodes := strings.Split(parts[1], ".")
		for len(nodes) < 3 {
			nodes = append(nodes, "x")
		}
		open := false
		for i, node := range nodes {
			if i > 2 || !nodePattern().MatchString(node) {
				return r, &ReferenceError{Text: r.Text, Reason: fmt.Sprintf("%q is not a version", parts[1]), Advice: r.pathAdvice()}
			}
			if open && node != "x" {
				return r, &ReferenceError{Text: r.Text, Reason: "every node of a version to the right of an x must be x"}
			}
			if number, err := strconv.ParseInt(node, 10, 64); !open && node != "x" && (err != nil || number > maxNode) {
				return r, &ReferenceError{Text: r.Text, Reason: fmt.Sprintf("node %s of the version is larger than %d", node, maxNode)}
			}
			open = node == "x"
		}
		r.Version = strings.Join(nodes, ".")
	}
	if len(parts) == 3 {
		if len(parts[2]) > 10 || !buildPattern().MatchString(parts[2]) {
			return r, &ReferenceError{Text: r.Text, Reason: fmt.Sprintf("%q is not a build number", parts[2])}
		}
		if strings.Contains(r.Version, "x") {
			return r, &ReferenceError{Text: r.Text, Reason: "a version with an open node has no build number"}
		}
		if r.Build, _ = strconv.Atoi(parts[2]); r.Build > maxNode { // at most ten digits
			return r, &ReferenceError{Text: r.Text, Reason: fmt.Sprintf("build %s is larger than %d", parts[2], maxNode)}
		}
	}
	return r, nil
}

// pathAdvice helps when a path was meant.
func (r Reference) pathAdvice() string {
	switch filepath.Ext(r.Text) {
	case ".yaml", ".yml", ".json":
		return fmt.Sprintf("a file starts with ./ or ../: %q", "./"+r.Text)
	}
	return "a component is named NAME, NAME/1.x.x or NAME/1.2.3/4; a file starts with ./ or ../"
}

// ReferenceError says that a text names no component.
type ReferenceError struct{ Text, Reason, Advice string }

func (e *ReferenceError) Error() string { return fmt.Sprintf("component %q: %s", e.Text, e.Reason) }

// Hint says how to write it.
func (e *ReferenceError) Hint() string { return e.Advice }
