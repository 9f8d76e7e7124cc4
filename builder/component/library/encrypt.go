package library

import (
	"context"
	"fmt"
)

// encrypt gives what to store of a text and the name of its key; nil when it is to be stored in clear text.
func (l *Library) encrypt(ctx context.Context, key string, text, label []byte) (sealed []byte, name, warning string, err error) {
	if l.sealer == nil {
		return nil, "", "", refuse(InvalidRequest, "kmsKeyId: documents are not encrypted here")
	}
	sealed, name, warning, err = l.sealer.Seal(ctx, key, text, label)
	if err != nil && CodeOf(err) == "" {
		err = &Error{Code: InvalidRequest, Message: "kmsKeyId", Err: err}
	}
	return sealed, name, warning, err
}

// decrypt gives a text back. What is the component or recipe that it belongs to.
func (l *Library) decrypt(ctx context.Context, what, key string, sealed, label []byte) ([]byte, error) {
	if l.sealer == nil {
		return nil, refuse(ClientFault, "%s is encrypted with key %q, which cannot be used here", what, key)
	}
	text, err := l.sealer.Open(ctx, key, sealed, label)
	if err != nil && CodeOf(err) == "" {
		err = &Error{Code: ClientFault, Message: fmt.Sprintf("%s: key %q", what, key), Err: err}
	}
	return text, err
}
