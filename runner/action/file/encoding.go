package file

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/runner/action"
)

// encoding is one of the text encodings of the component language.
type encoding int

const (
	encodingUTF8 encoding = iota
	encodingUTF16LE
	encodingUTF16BE
	encodingUTF32LE
	encodingUTF32BE
)

// encodingNames are the accepted spellings; letter case does not matter.
var encodingNames = []string{
	"utf8", "utf-8", "utf16", "utf-16", "utf16-LE", "utf-16-LE", "utf16-BE", "utf-16-BE",
	"utf32", "utf-32", "utf32-LE", "utf-32-LE", "utf32-BE", "utf-32-BE",
}

// encodingInput is the specification of the encoding input, which several modules have.
func encodingInput(summary string) action.Input {
	return action.Input{
		Name: "encoding", Type: action.String, Default: "utf8",
		Values: encodingNames, FoldCase: true, Summary: summary,
	}
}

func parseEncoding(name string) (encoding, error) {
	switch strings.ReplaceAll(strings.ToLower(name), "-", "") {
	case "utf8":
		return encodingUTF8, nil
	case "utf16", "utf16le":
		return encodingUTF16LE, nil
	case "utf16be":
		return encodingUTF16BE, nil
	case "utf32", "utf32le":
		return encodingUTF32LE, nil
	case "utf32be":
		return encodingUTF32BE, nil
	}
	return 0, fmt.Errorf("unknown encoding %q", name)
}

func (e encoding) String() string {
	return [...]string{"UTF-8", "UTF-16-LE", "UTF-16-BE", "UTF-32-LE", "UTF-32-BE"}[e]
}

// byteOrder is both interfaces of a byte order.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func (e encoding) order() byteOrder {
	if e == encodingUTF16BE || e == encodingUTF32BE {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// appendRune appends one character; no byte order mark is ever added.
func (e encoding) appendRune(to []byte, r rune) []byte {
	switch e {
	case encodingUTF16LE, encodingUTF16BE:
		for _, unit := range utf16.AppendRune(nil, r) {
			to = e.order().AppendUint16(to, unit)
		}
		return to
	case encodingUTF32LE, encodingUTF32BE:
		return e.order().AppendUint32(to, uint32(r)) //nolint:gosec // a character is never negative
	default:
		return utf8.AppendRune(to, r)
	}
}

// encode returns text in the encoding. UTF-8 is the text's own bytes.
func (e encoding) encode(text string) []byte {
	if e == encodingUTF8 {
		return []byte(text)
	}
	out := make([]byte, 0, 4*len(text))
	for _, r := range text {
		out = e.appendRune(out, r)
	}
	return out
}

var errInvalidText = errors.New("invalid bytes")

// decode returns the text of data. A byte order mark that fits the encoding is dropped; bytes that the encoding does
// not allow are an error.
func (e encoding) decode(data []byte) (string, error) {
	data = bytes.TrimPrefix(data, e.appendRune(nil, '\uFEFF'))
	switch e {
	case encodingUTF16LE, encodingUTF16BE:
		return e.decode16(data)
	case encodingUTF32LE, encodingUTF32BE:
		return e.decode32(data)
	}
	if !utf8.Valid(data) {
		return "", fmt.Errorf("%w: not %s", errInvalidText, e)
	}
	return string(data), nil
}

func (e encoding) decode16(data []byte) (string, error) {
	if len(data)%2 != 0 {
		return "", fmt.Errorf("%w: an odd number of bytes is not %s", errInvalidText, e)
	}
	order := e.order()
	var out strings.Builder
	for at := 0; at < len(data); at += 2 {
		r := rune(order.Uint16(data[at:]))
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if at+4 <= len(data) {
				low = rune(order.Uint16(data[at+2:]))
			}
			pair := utf16.DecodeRune(r, low)
			if pair == utf8.RuneError {
				return "", fmt.Errorf("%w: half a surrogate pair at byte %d is not %s", errInvalidText, at, e)
			}
			r, at = pair, at+2
		}
		out.WriteRune(r)
	}
	return out.String(), nil
}

func (e encoding) decode32(data []byte) (string, error) {
	if len(data)%4 != 0 {
		return "", fmt.Errorf("%w: a length that is no multiple of 4 is not %s", errInvalidText, e)
	}
	order := e.order()
	var out strings.Builder
	for at := 0; at < len(data); at += 4 {
		code := order.Uint32(data[at:])
		if code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return "", fmt.Errorf("%w: %#x at byte %d is not %s", errInvalidText, code, at, e)
		}
		out.WriteRune(rune(code))
	}
	return out.String(), nil
}

// convert copies UTF-8 text from in to out in the encoding, without a leading byte order mark.
func (e encoding) convert(out *bufio.Writer, in *bufio.Reader) error {
	var buffer [utf8.UTFMax]byte
	for at := int64(0); ; {
		r, size, err := in.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case r == utf8.RuneError && size == 1:
			return fmt.Errorf("%w: byte %d is not %s", errInvalidText, at, encodingUTF8)
		}
		if r != '\uFEFF' || at > 0 {
			if _, err := out.Write(e.appendRune(buffer[:0], r)); err != nil {
				return err
			}
		}
		at += int64(size)
	}
}
