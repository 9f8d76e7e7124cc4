package library

import "fmt"

// DamagedError says that a text in the storage is not the one that was put there.
type DamagedError struct {
	What      string // the component or recipe with its quoted reference
	Text      string // "document" or "file"
	Got, Want string // digests
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged in the store: its %s has digest %s, not %s", e.What, e.Text, e.Got, e.Want)
}

// Hint says how to mend it.
func (e *DamagedError) Hint() string {
	return "delete it and create it again, or bring back a copy of store.db"
}

// ExitCode is that of a fault of this machine.
func (e *DamagedError) ExitCode() int { return 5 }

// whole refuses a text in clear that has not the digest which was recorded for it.
func whole(what, name string, text []byte, digest string) error {
	if got := digestOf(text); got != digest {
		return &DamagedError{what, name, got, digest}
	}
	return nil
}
