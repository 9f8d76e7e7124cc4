package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Error says that an address is not one, or that it is not allowed here.
type Error struct {
	Address string // without credentials and query; may be empty
	Message string
	Advice  string // may be empty
}

func (e *Error) Error() string {
	if e.Address == "" {
		return e.Message
	}
	return fmt.Sprintf("address %q: %s", e.Address, e.Message)
}

// Hint says how to mend it.
func (e *Error) Hint() string { return e.Advice }

// DigestError says that the content behind an address is not the one that the address demands.
type DigestError struct {
	Address   string
	Want, Got string // "sha256:..."
}

func (e *DigestError) Error() string {
	return fmt.Sprintf("address %q: the content is %s, not %s", e.Address, e.Got, e.Want)
}

// Hint says what may have happened.
func (e *DigestError) Hint() string {
	return "the content was changed; look at it, and write the new digest if the change is wanted"
}

// named adds the address to an error.
func named(address string, err error) error {
	if refused, ok := errors.AsType[*Error](err); ok {
		if refused.Address == "" {
			refused.Address = show(address)
		}
		return err
	}
	return fmt.Errorf("reading %q: %w", show(address), err)
}

// show is an address for messages: without what may be secret in it, and not too long.
func show(address string) string {
	const longest = 200
	if scheme := schemePattern().FindString(address); strings.HasPrefix(strings.ToLower(scheme), "http") {
		if u, err := url.Parse(address); err == nil {
			shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
			address = shown.String()
		} else {
			address = scheme + "..."
		}
	}
	if len(address) > longest {
		cut := longest
		for cut > 0 && !utf8.RuneStart(address[cut]) {
			cut--
		}
		address = address[:cut] + "..."
	}
	return address
}
