package component

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// Addresses is the source of components that recipes name by the address of their document: https://, s3:// and oci://.
// Files are those of Files.
type Addresses struct {
	// Read gives the content behind an address.
	Read func(ctx context.Context, address string) ([]byte, error)
	// Actions are those that a document may use.
	Actions *action.Set
}

// Find reads the document behind an address. A document with errors is refused with all of them.
func (a Addresses) Find(ctx context.Context, reference string) (*Component, error) {
	r, err := ParseReference(reference)
	if err != nil {
		return nil, err
	}
	if r.Kind != Address || strings.HasPrefix(r.Text, "file://") {
		return nil, &NotFoundError{Reference: reference}
	}
	data, err := a.Read(ctx, reference)
	if err != nil {
		return nil, fmt.Errorf("component %q: %w", reference, err)
	}
	c, err := Read(reference, data, a.Actions)
	if err != nil {
		return nil, err
	}
	c.File = ""
	if c.Document.Name == "" {
		c.Name = nameOf(reference)
	}
	return c, nil
}

// nameOf makes a name of the last part of an address, without what is no part of it.
func nameOf(address string) string {
	base := address
	if u, err := url.Parse(address); err == nil {
		base = path.Join(u.Host, u.Path)
	}
	base = path.Base(base)
	if strings.HasPrefix(address, "oci://") {
		base, _, _ = strings.Cut(base, "@")
		base, _, _ = strings.Cut(base, ":")
	}
	return strings.TrimSuffix(base, path.Ext(base))
}
