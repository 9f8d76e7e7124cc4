// Package artifact keeps components in registries: each version of a component is an OCI artifact with the document as
// its one layer, tagged with the version. Push stores one, Pull reads one back; Resolve says which one a reference
// means, wildcards included. What is read is verified against its digest, every time.
//
// The form of an artifact is described in docs/component-artifacts.md.
package artifact

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
)

// The media types of a component.
const (
	// Type is the artifact type of the manifest.
	Type = "application/vnd.slipway.component.v1"
	// DocumentType is the type of its one layer, the component document.
	DocumentType = "application/vnd.slipway.component.document.v1+yaml"
	// emptyConfig is the type of a config that says nothing, "{}".
	emptyConfig = "application/vnd.oci.empty.v1+json"
)

// Component is a component as it stands in a registry.
type Component struct {
	Name                string // display name
	Version             string // without open nodes
	Platform            string // "Linux", "Windows" or "macOS"
	Type                string // "BUILD" or "TEST"
	Description         string // may be empty
	ChangeDescription   string // may be empty
	SupportedOSVersions []string
	Document            []byte
}

// Registry is what this package asks of a registry client; *registry.Client is one.
type Registry interface {
	Head(ctx context.Context, r ref.Ref) (v1.Descriptor, error)
	Manifest(ctx context.Context, r ref.Ref) (registry.Manifest, error)
	ReadBlob(ctx context.Context, r ref.Ref, desc v1.Descriptor, limit int64) ([]byte, error)
	PushArtifact(ctx context.Context, to ref.Ref, m registry.Manifest, blobs []registry.Blob) error
	Tags(ctx context.Context, r ref.Ref) ([]string, error)
}

// ErrNoVersion is the cause of an Error for a reference whose open version nothing matches.
var ErrNoVersion = errors.New("no such version")

// ErrNotComponent is the cause of an Error for an artifact that is something else, such as an image.
var ErrNotComponent = errors.New("not a component")

// Error says that what a reference points at is no component that can be used.
type Error struct {
	Reference string
	Message   string
	Advice    string // may be empty
	Err       error  // may be nil
}

func (e *Error) Error() string {
	text := "component " + e.Reference + ": " + e.Message
	if e.Err != nil && !errors.Is(e.Err, ErrNotComponent) { // the message says that
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says how to mend it.
func (e *Error) Hint() string { return e.Advice }

func refuse(r ref.Ref, format string, args ...any) *Error {
	return &Error{Reference: r.String(), Message: fmt.Sprintf(format, args...)}
}
