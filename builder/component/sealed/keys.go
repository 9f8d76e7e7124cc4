package sealed

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gocloud.dev/secrets"
)

// key is a key that was found.
type key struct {
	name    string // finds it again, no secret
	uri     string // opens it, may be a secret; "" means clear text
	warning string
}

var (
	arnPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:aws[^:]*:kms:([a-z0-9-]+):[0-9]{12}:(?:key|alias)/[A-Za-z0-9/_-]+$`)
	})
	fingerprintPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^base64key:sha256:[0-9a-f]{16}$`) })
)

const literal = "base64key://"

// find gives the key that a request names.
func (s *Sealer) find(ctx context.Context, text string) (key, error) {
	if mapped, found := s.opts.Keys[text]; found {
		return s.mapped(text, mapped)
	}
	switch {
	case arnPattern().MatchString(text):
		return s.unmappedARN(ctx, text)
	case fingerprintPattern().MatchString(text):
		return key{}, missing(text)
	case strings.HasPrefix(text, literal):
		name, err := Fingerprint(text)
		if err != nil {
			return key{}, err
		}
		k := key{name: name, uri: text}
		if _, found := s.opts.Keys[name]; !found {
			k.warning = "the key itself is not stored: add it to kms.keys in the settings as " + name + ", or the document cannot be read again"
		}
		return k, nil
	default:
		return s.uri(text)
	}
}

// again gives the key of a name that find gave.
func (s *Sealer) again(name string) (key, error) {
	if mapped, found := s.opts.Keys[name]; found {
		return s.mapped(name, mapped)
	}
	switch {
	case arnPattern().MatchString(name):
		return key{name: name, uri: awsURI(name)}, nil
	case fingerprintPattern().MatchString(name):
		return key{}, missing(name)
	default:
		return s.uri(name)
	}
}

// mapped gives a key of the settings.
func (s *Sealer) mapped(id, uri string) (key, error) {
	if fingerprintPattern().MatchString(id) {
		switch got, err := Fingerprint(uri); {
		case err != nil:
			return key{}, &KeyError{Key: id, Op: "in kms.keys is not usable", Err: err}
		case got != id:
			return key{}, &KeyError{Key: id, Op: "in kms.keys is another key", Advice: "the id of the key there is " + got}
		}
		return key{name: id, uri: uri}, nil
	}
	if strings.HasPrefix(uri, literal) {
		if _, err := Fingerprint(uri); err != nil {
			return key{}, &KeyError{Key: id, Op: "in kms.keys is not usable", Err: err}
		}
		return key{name: id, uri: uri}, nil
	}
	if arnPattern().MatchString(uri) {
		uri = awsURI(uri)
	}
	if _, err := s.uri(uri); err != nil {
		return key{}, &KeyError{Key: id, Op: "in kms.keys is not usable", Err: err}
	}
	return key{name: id, uri: uri}, nil
}

func missing(id string) *KeyError {
	return &KeyError{Key: id, Op: "is not in kms.keys", Advice: "add it to kms.keys in the settings, with base64key://... as its value"}
}

// unmappedARN gives the key of a KMS ARN that the settings do not mention.
func (s *Sealer) unmappedARN(ctx context.Context, arn string) (key, error) {
	_, known := s.opts.Drivers["awskms"]
	switch {
	case known && s.opts.AWS(ctx):
		return key{name: arn, uri: awsURI(arn)}, nil
	case s.opts.IgnoreUnmapped:
		return key{name: arn, warning: "stored in clear text: key " + arn + " is not in kms.keys, and there are no AWS credentials"}, nil
	default:
		return key{}, &KeyError{
			Key: arn, Op: "is not in kms.keys, and there are no AWS credentials",
			Advice: "map it to another key in kms.keys, or set kms.onUnmappedKey to ignore to store in clear text",
		}
	}
}

// awsURI gives the URI of a KMS key, in the region that its ARN names.
func awsURI(arn string) string {
	return "awskms:///" + arn + "?region=" + arnPattern().FindStringSubmatch(arn)[1]
}

// uri gives the key of a URI that holds no secret.
func (s *Sealer) uri(text string) (key, error) {
	schemes := strings.Join(slices.Sorted(maps.Keys(s.opts.Drivers)), "://, ") + "://"
	scheme, _, found := strings.Cut(text, "://")
	if !found {
		return key{}, &KeyError{Key: text, Op: "is not a key", Advice: "give the ARN of a KMS key, or a URI that starts with one of " + schemes}
	}
	if s.opts.Drivers[scheme] == nil || scheme+"://" == literal {
		return key{}, &KeyError{Key: scheme + "://...", Op: "has an unknown scheme", Advice: "known are " + schemes}
	}
	if u, err := url.Parse(text); err != nil || u.User != nil {
		return key{}, &KeyError{Key: scheme + "://...", Op: "is not a URI of a key"}
	}
	return key{name: text, uri: text}, nil
}

// Fingerprint gives the id by which a literal key, base64key://, is known: it says which key it is without telling it.
func Fingerprint(uri string) (string, error) {
	raw, err := localKey(uri)
	if err != nil {
		return "", err
	}
	defer clear(raw[:])
	sum := sha256.Sum256(raw[:])
	return "base64key:sha256:" + hex.EncodeToString(sum[:8]), nil
}

// localKey decodes base64key:// and 32 bytes in either alphabet of base64, with or without padding. Its error must not
// tell what it read.
func localKey(uri string) (raw [keySize]byte, err error) {
	text, found := strings.CutPrefix(uri, literal)
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	decoded, decodeErr := base64.RawURLEncoding.DecodeString(text)
	defer clear(decoded)
	if !found || decodeErr != nil || len(decoded) != keySize {
		return raw, &KeyError{Key: literal + "...", Op: "is not a key", Advice: "it is written " + literal + " and 32 bytes in base64: openssl rand -base64 32"}
	}
	copy(raw[:], decoded)
	return raw, nil
}

// keeper opens a key, once.
func (s *Sealer) keeper(ctx context.Context, k key) (*secrets.Keeper, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if keeper, found := s.keepers[k.uri]; found {
		return keeper, nil
	}
	scheme, _, _ := strings.Cut(k.uri, "://")
	driver := s.opts.Drivers[scheme]
	if driver == nil {
		return nil, &KeyError{Key: k.name, Op: "is of a kind that this slipway does not know"}
	}
	keeper, err := driver(ctx, k.uri)
	if err != nil {
		return nil, &KeyError{Key: k.name, Op: "cannot be opened", Err: oneLine(err)}
	}
	s.keepers[k.uri] = keeper
	return keeper, nil
}
