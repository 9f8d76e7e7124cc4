// Package sealed encrypts component documents at rest. Each document has a data key of its own, with which it is
// encrypted by AES-256-GCM; the data key is wrapped by a key that stays where it is: in a cloud's key service, in
// Vault, or in Slipway's settings. New makes a Sealer; Seal and Open are its two halves.
//
// No key and no clear text is ever in an error.
package sealed

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"gocloud.dev/secrets"
)

// Options are the settings of a Sealer.
type Options struct {
	// Keys are the keys of the settings (kms.keys): the ARN of a KMS key, or "base64key:sha256:" and 16 digits, to the
	// URI of the key that is used.
	Keys map[string]string
	// IgnoreUnmapped stores in clear text what is to be encrypted by a KMS key that is not in Keys and for which there
	// are no AWS credentials, instead of refusing it (kms.onUnmappedKey: ignore).
	IgnoreUnmapped bool
	// Drivers open keys by the schemes of their URIs; nil means Drivers().
	Drivers map[string]Driver
	// AWS reports whether there are AWS credentials; nil asks the sources that AWS tools use.
	AWS func(context.Context) bool
}

// Sealer encrypts and decrypts documents. It is safe for concurrent use. Connections to key services are kept until
// Close.
type Sealer struct {
	opts Options

	mu      sync.Mutex
	keepers map[string]*secrets.Keeper // by URI
}

// New makes a Sealer. It opens no key yet.
func New(o Options) *Sealer {
	if o.Drivers == nil {
		o.Drivers = Drivers()
	}
	if o.AWS == nil {
		o.AWS = hasAWSCredentials
	}
	return &Sealer{opts: o, keepers: map[string]*secrets.Keeper{}}
}

// Close ends the connections to key services.
func (s *Sealer) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for uri, keeper := range s.keepers {
		errs = append(errs, keeper.Close())
		delete(s.keepers, uri)
	}
	return errors.Join(errs...)
}

// Seal encrypts a document with the named key: a KMS key or alias ARN, a key URI, or the id of a key in the settings. It
// returns what to store, and a name that finds the key again and is no secret. The label is bound to the result: Open
// needs the same. When sealed is nil the document is to be stored in clear text, and the warning says why; with a
// result, a warning says what should be done so that it can be opened again.
func (s *Sealer) Seal(ctx context.Context, key string, document, label []byte) (sealed []byte, name, warning string, err error) {
	k, err := s.find(ctx, key)
	if err != nil {
		return nil, "", "", err
	}
	if k.uri == "" {
		return nil, k.name, k.warning, nil
	}
	dataKey := make([]byte, keySize)
	defer clear(dataKey)
	rand.Read(dataKey) // never fails
	keeper, err := s.keeper(ctx, k)
	if err != nil {
		return nil, "", "", err
	}
	wrapped, err := guard(ctx, func() ([]byte, error) { return keeper.Encrypt(ctx, dataKey) })
	if err != nil {
		return nil, "", "", &KeyError{Key: k.name, Op: "cannot encrypt", Err: oneLine(err)}
	}
	box, err := newGCM(dataKey)
	if err != nil {
		return nil, "", "", err
	}
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce)
	sealed, err = envelope{wrapped: wrapped, nonce: nonce, box: box.Seal(nil, nonce, document, label)}.encode()
	return sealed, k.name, k.warning, err
}

// Open gives a document back. The name is the one that Seal gave. A key that is missing, wrong or out of reach, and a
// sealed document that was changed or moved to another label, give a *KeyError.
func (s *Sealer) Open(ctx context.Context, name string, sealed, label []byte) ([]byte, error) {
	e, err := decode(sealed)
	if err != nil {
		return nil, &KeyError{Key: name, Op: "cannot decrypt", Err: err}
	}
	k, err := s.again(name)
	if err != nil {
		return nil, err
	}
	keeper, err := s.keeper(ctx, k)
	if err != nil {
		return nil, err
	}
	dataKey, err := guard(ctx, func() ([]byte, error) { return keeper.Decrypt(ctx, e.wrapped) })
	if err != nil {
		return nil, &KeyError{Key: name, Op: "cannot decrypt", Err: oneLine(err), Advice: wrongKey}
	}
	defer clear(dataKey)
	box, err := newGCM(dataKey)
	if err != nil {
		return nil, &KeyError{Key: name, Op: "cannot decrypt", Err: err, Advice: wrongKey}
	}
	document, err := box.Open(nil, e.nonce, e.box, label)
	if err != nil {
		return nil, &KeyError{Key: name, Op: "cannot decrypt", Err: errors.New("the stored document was changed, or belongs to another component or recipe")}
	}
	return document, nil
}

const wrongKey = "is it the key that the document was stored with?"

// Reseal replaces the key of a sealed document: it opens it with the old one and seals it with a new data key under the
// new one. The old key may be used no more afterwards.
func (s *Sealer) Reseal(ctx context.Context, oldName, newKey string, sealed, label []byte) (resealed []byte, name, warning string, err error) {
	document, err := s.Open(ctx, oldName, sealed, label)
	if err != nil {
		return nil, "", "", err
	}
	defer clear(document)
	return s.Seal(ctx, newKey, document, label)
}

const keySize = 32

func newGCM(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("the data key has %d bytes instead of %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
