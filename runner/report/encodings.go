package report

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// minEncoded is the length below which the encoded forms of a value could be found in other text by chance.
const minEncoded = 6

// encodings are the texts by which an encoded value is known: percent-encoded for a URL, and in base64, wherever it
// stands in the text that is encoded, as a password does in "user:password".
func encodings(value string) []string {
	if len(value) < minEncoded {
		return nil
	}
	query := url.QueryEscape(value)
	forms := []string{query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(value)}
	for before := range 3 {
		// Three bytes make four characters. Those that the bytes around the value take part in are not known.
		text := strings.Repeat("\x00", before) + value
		from, to := (before*8+5)/6, len(text)*8/6
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, encoding.EncodeToString([]byte(text))[from:to])
		}
	}
	return forms
}
