package sealed

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// KeyError says which key cannot be used for what. It names the key and never holds its value.
type KeyError struct {
	Key    string // ARN, URI or id
	Op     string // "cannot decrypt"
	Err    error  // may be nil
	Advice string // may be empty
}

func (e *KeyError) Error() string {
	text := fmt.Sprintf("key %q %s", e.Key, e.Op)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *KeyError) Unwrap() error { return e.Err }

// Hint says how to mend it.
func (e *KeyError) Hint() string {
	if inner, ok := errors.AsType[*KeyError](e.Err); ok && e.Advice == "" {
		return inner.Advice
	}
	return e.Advice
}

// lineError is an error in one line; key services answer in several.
type lineError struct {
	text  string
	cause error
}

func (e *lineError) Error() string { return e.text }
func (e *lineError) Unwrap() error { return e.cause }

func oneLine(err error) error {
	const longest = 400
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return &lineError{text, err}
}

// guard calls a key service whose client knows nothing of contexts, or panics when the answer is not what it expects.
func guard(ctx context.Context, f func() ([]byte, error)) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if recover() != nil {
				r = result{nil, errors.New("the key service gave an unexpected answer")}
			}
			done <- r
		}()
		r.data, r.err = f()
	}()
	select {
	case r := <-done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
