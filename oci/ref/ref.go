package ref

import (
	"fmt"
	"strings"
)

// Transport says where an image is looked up.
type Transport string

// The transports. The zero value is no transport and no reference has it.
const (
	Registry Transport = "registry"      // a registry, by the rules of Docker
	Store    Transport = "store"         // the local image store
	Layout   Transport = "oci-layout"    // a folder with an OCI image layout
	Daemon   Transport = "docker-daemon" // the local Docker Engine
	Scratch  Transport = "scratch"       // no image at all
)

// DockerHub is the registry of references that name none.
const DockerHub = "docker.io"

// DefaultTag is the tag of references that have neither tag nor digest.
const DefaultTag = "latest"

// Ref is a parsed reference. It is comparable, and Parse(r.String()) gives r again. Only the fields that the
// transport uses are set.
type Ref struct {
	Transport Transport

	// Host is the registry with its port if one was given; Docker Hub is always "docker.io". Set for Registry, and
	// for Daemon references by name.
	Host string
	// Repository is the path in the registry ("library/debian"), or the name of a pointer in the image store.
	Repository string
	// Path is the folder of a layout, as written.
	Path string
	// Tag is set unless the reference has a digest; a registry reference may have both, and then the digest decides.
	// Of a layout, it is empty when the folder is expected to hold exactly one image.
	Tag string
	// Digest is "sha256:" and 64 hexadecimal digits, or empty. Of a Daemon reference, it is the image id.
	Digest string
}

// Parse reads a reference with or without a transport. A store name is brought to its normal form.
func Parse(s string) (Ref, error) {
	if s == string(Scratch) {
		return Ref{Transport: Scratch}, nil
	}
	transport, rest, found := strings.Cut(s, ":")
	if found {
		switch Transport(transport) {
		case Store:
			return parseStore(s, rest)
		case Layout:
			return parseLayout(s, rest)
		case Daemon:
			return parseDaemon(s, rest)
		}
	}
	return ParseRegistry(s)
}

// String returns the reference in full, with its transport unless that is a registry.
func (r Ref) String() string {
	switch r.Transport {
	case Scratch:
		return string(Scratch)
	case Layout:
		return string(Layout) + ":" + r.Path + r.suffix()
	case Store:
		if r.Repository == "" {
			return string(Store) + ":" + r.Digest
		}
		return string(Store) + ":" + r.Pointer()
	case Daemon:
		if r.Repository == "" {
			return string(Daemon) + ":" + r.Digest
		}
		return string(Daemon) + ":" + r.Name() + r.suffix()
	case Registry:
		return r.Name() + r.suffix()
	default:
		return ""
	}
}

// Name returns registry and repository without tag and digest ("docker.io/library/debian"). It is empty for
// references that have no registry.
func (r Ref) Name() string {
	if r.Host == "" {
		return ""
	}
	return r.Host + "/" + r.Repository
}

// Pointer returns NAME:TAG of a store reference, and an empty string when the reference names a digest.
func (r Ref) Pointer() string {
	if r.Transport != Store || r.Repository == "" {
		return ""
	}
	return r.Repository + ":" + r.Tag
}

// Identifier returns what selects the image within its repository: the digest if there is one, else the tag.
func (r Ref) Identifier() string {
	if r.Digest != "" {
		return r.Digest
	}
	return r.Tag
}

// WithTag returns the reference with that tag and without a digest.
func (r Ref) WithTag(tag string) (Ref, error) {
	if !isTag(tag) {
		return Ref{}, &Error{Input: tag, Reason: "a tag is 1 to 128 letters, digits, \".\", \"_\" and \"-\", and starts with a letter, a digit or \"_\""}
	}
	r.Tag, r.Digest = tag, ""
	return r, nil
}

// WithDigest returns the reference with that digest. A tag stays, since it says where the digest came from.
func (r Ref) WithDigest(digest string) (Ref, error) {
	if !isDigest(digest) {
		return Ref{}, &Error{Input: digest, Reason: badDigest}
	}
	r.Digest = digest
	return r, nil
}

// MarshalText makes a Ref a plain string in JSON and YAML.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (r *Ref) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

func (r Ref) suffix() string {
	var s string
	if r.Tag != "" {
		s = ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + r.Digest
	}
	return s
}

// Error says that a text is not a reference.
type Error struct {
	Input  string // as given
	Reason string
	Advice string // may be empty
}

func (e *Error) Error() string { return fmt.Sprintf("reference %q: %s", e.Input, e.Reason) }

// Hint returns how to write it, or an empty string.
func (e *Error) Hint() string { return e.Advice }
