package layer

import (
	"bytes"
	"errors"
	"io"
	"os"
)

func equalLinks(a, b string) (bool, error) {
	one, err := os.Readlink(a)
	if err != nil {
		return false, err
	}
	other, err := os.Readlink(b)
	return one == other, err
}

func equalFiles(a, b string) (bool, error) {
	one, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer func() { _ = one.Close() }()
	other, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer func() { _ = other.Close() }()
	mine, theirs := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := io.ReadFull(one, mine)
		m, err2 := io.ReadFull(other, theirs)
		if !bytes.Equal(mine[:n], theirs[:m]) {
			return false, nil
		}
		ended, ended2 := atEnd(err), atEnd(err2)
		switch {
		case ended && ended2:
			return true, nil
		case err != nil && !ended || err2 != nil && !ended2:
			return false, errors.Join(err, err2)
		case ended != ended2:
			return false, nil
		}
	}
}

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
