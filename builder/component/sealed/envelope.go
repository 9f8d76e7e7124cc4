package sealed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// envelope is what is stored: magic, the wrapped data key with its length before it, nonce, encrypted document.
type envelope struct {
	wrapped, nonce, box []byte
}

const (
	magic     = "slipway\x01" // the last byte is the version of the format
	nonceSize = 12
)

func (e envelope) encode() ([]byte, error) {
	if len(e.wrapped) > math.MaxUint16 {
		return nil, errors.New("the wrapped data key is too long")
	}
	data := []byte(magic)
	data = binary.BigEndian.AppendUint16(data, uint16(len(e.wrapped))) //nolint:gosec // checked above
	data = append(data, e.wrapped...)
	data = append(data, e.nonce...)
	return append(data, e.box...), nil
}

var errNotSealed = errors.New("the stored document is not an encrypted one, or was cut off")

func decode(data []byte) (envelope, error) {
	rest, found := bytes.CutPrefix(data, []byte(magic))
	if !found || len(rest) < 2 {
		return envelope{}, errNotSealed
	}
	length := int(binary.BigEndian.Uint16(rest))
	rest = rest[2:]
	if len(rest) < length+nonceSize {
		return envelope{}, errNotSealed
	}
	return envelope{wrapped: rest[:length], nonce: rest[length : length+nonceSize], box: rest[length+nonceSize:]}, nil
}
