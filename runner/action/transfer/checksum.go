package transfer

import (
	"context"
	"crypto/md5"  //nolint:gosec // the component language has it
	"crypto/sha1" //nolint:gosec // the component language has it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

var algorithmNames = []string{"MD5", "SHA1", "SHA256", "SHA512"}

// checksum is a digest that a file must have.
type checksum struct {
	algorithm string
	digest    string // lower case
	new       func() hash.Hash
}

// checkHex is the static check of a checksum.
func checkHex(text string) error {
	if _, err := hex.DecodeString(text); err != nil {
		return fmt.Errorf("checksum %q is not a row of hexadecimal digits", text)
	}
	return nil
}

func parseChecksum(algorithm, digest string) (*checksum, error) {
	c := &checksum{algorithm: strings.ToUpper(algorithm), digest: strings.ToLower(digest)}
	switch c.algorithm {
	case "MD5":
		c.new = md5.New
	case "SHA1":
		c.new = sha1.New
	case "SHA256":
		c.new = sha256.New
	case "SHA512":
		c.new = sha512.New
	default:
		return nil, fmt.Errorf("unknown algorithm %q", algorithm)
	}
	if err := checkHex(digest); err != nil {
		return nil, err
	}
	if digits := 2 * c.new().Size(); len(digest) != digits {
		return nil, fmt.Errorf("checksum %q has %d digits, %s has %d", digest, len(digest), c.algorithm, digits)
	}
	return c, nil
}

// wantedChecksum returns the checksum of an entry, or nil when nothing is to be verified.
func wantedChecksum(req action.Request, e action.Entry) (*checksum, error) {
	switch {
	case e.Has("checksum") && e.Has("algorithm"):
		return parseChecksum(e.Text("algorithm"), e.Text("checksum"))
	case e.Has("checksum"):
		req.Warnf("checksum is ignored: algorithm is missing")
	case e.Has("algorithm"):
		req.Warnf("algorithm is ignored: checksum is missing")
	}
	return nil, nil
}

// MismatchError says that a file is not the one that was asked for.
type MismatchError struct {
	Algorithm, Want, Got string
}

// Error returns both digests.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s checksum is %s, want %s", e.Algorithm, e.Got, e.Want)
}

// check compares the digest of what was written to h.
func (c *checksum) check(h hash.Hash) error {
	if got := hex.EncodeToString(h.Sum(nil)); got != c.digest {
		return &MismatchError{c.algorithm, c.digest, got}
	}
	return nil
}

// verify reads all of in and compares its digest.
func (c *checksum) verify(ctx context.Context, in io.Reader) error {
	h := c.new()
	if _, err := io.Copy(h, action.Reader(ctx, in)); err != nil {
		return err
	}
	return c.check(h)
}
