// Package component finds the components that recipes name. A Source answers for one place where components are
// kept; Files is the source for documents on disk, Chain asks several in order.
package component

import (
	"context"

	"github.com/slipway-oci/slipway/runner/document"
)

// FileVersion is the version of a component that is a file.
const FileVersion = "0.0.0"

// Component is one component at one version, with its document read and checked for the container workflow. It is not
// changed after a Source has returned it.
type Component struct {
	Name     string // display name
	Version  string
	Build    int                // 0 for a file
	Document *document.Document // its Bytes and Digest are those of the component
	// Platform is "Linux" or "Windows", and empty for a file, which fits every platform.
	Platform string
	// SupportedOSVersions are prefixes of OS names such as "Ubuntu 24"; empty means any.
	SupportedOSVersions []string
	// Deprecated says why the component should not be used any more, and is empty when it should.
	Deprecated string
	// Why says why the reference means this one, where it leaves that open, and is empty where it does not.
	Why string
	// File is where the document was read from, and empty for one of a store.
	File string
	// Warnings are the problems of the document that do not keep it from running.
	Warnings document.Diagnostics
}

// Source finds components.
type Source interface {
	// Find gives the component that a reference names now. It returns an error that matches ErrNotFound when the
	// reference may mean another source's component, and any other error to end the search.
	Find(ctx context.Context, reference string) (*Component, error)
}
