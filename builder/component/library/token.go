package library

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// token says where a list goes on. It is signed, so that it cannot be made up, and bound to the list it is for.
type token struct {
	V         int            `json:"v"`
	Operation string         `json:"o"`
	Filters   []byte         `json:"f"`
	Normal    string         `json:"n,omitempty"`
	Version   recipe.Version `json:"s"`
	Build     int            `json:"b,omitempty"`
	Namespace string         `json:"w,omitempty"`

	key   []byte
	begun bool // there is a page before
}

const tokenVersion = 1

// openToken reads the token of a list's next page; text is empty for the first page.
func openToken(ctx context.Context, rd Reader, operation, filters, text string) (token, error) {
	key, err := rd.PagingKey(ctx)
	if err != nil {
		return token{}, err
	}
	sum := sha256.Sum256([]byte(filters))
	t := token{V: tokenVersion, Operation: operation, Filters: sum[:8], key: key}
	if text == "" {
		return t, nil
	}
	invalid := refuse(InvalidPaginationToken, "the token of the next page is not one of this list").
		advise("start again without it: a token belongs to one list with its filters")
	signed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(signed) <= sha256.Size {
		return t, invalid
	}
	payload, mac := signed[sha256.Size:], signed[:sha256.Size]
	var got token
	if !hmac.Equal(mac, t.sign(payload)) || json.Unmarshal(payload, &got) != nil ||
		got.V != t.V || got.Operation != t.Operation || !hmac.Equal(got.Filters, t.Filters) {
		return t, invalid
	}
	got.key, got.begun = key, true
	return got, nil
}

func (t token) sign(payload []byte) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write(payload)
	return mac.Sum(nil)
}

// place is where a list of versions goes on, nil for the first page.
func (t token) place() *Place {
	if !t.begun {
		return nil
	}
	return &Place{Normal: t.Normal, Version: t.Version, Namespace: t.Namespace}
}

// passed reports whether a build was on a page before; builds go from the highest to the lowest.
func (t token) passed(c Component) bool {
	if !t.begun {
		return false
	}
	order := cmp.Or(cmp.Compare(c.Normal(), t.Normal), t.Version.Compare(c.Version.Version), cmp.Compare(t.Build, c.Build))
	return order <= 0
}

// next writes the token of the page that follows a place.
func (t token) next(p Place) (string, error) { return t.nextBuild(p, 0) }

func (t token) nextBuild(p Place, build int) (string, error) {
	t.Normal, t.Version, t.Namespace, t.Build = p.Normal, p.Version, p.Namespace, build
	payload, err := json.Marshal(t)
	return base64.RawURLEncoding.EncodeToString(append(t.sign(payload), payload...)), err
}
