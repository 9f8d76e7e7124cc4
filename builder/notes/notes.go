// Package notes keeps what builds remember for later ones, and can do without: each note is a file of JSON.
package notes

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Write writes a note and makes the folder that it is in. The file is replaced in one step, so that who reads it at the
// same time finds the old note or the new one.
func Write(file string, note any) error {
	data, err := json.Marshal(note)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	_, err = fresh.Write(data)
	if err = errors.Join(err, fresh.Close()); err == nil {
		err = os.Rename(fresh.Name(), file)
	}
	if err != nil {
		_ = os.Remove(fresh.Name())
	}
	return err
}

// Read reads a note, and reports whether there is one. A file that is no such note is none.
func Read(file string, note any) bool {
	data, err := os.ReadFile(file)
	return err == nil && json.Unmarshal(data, note) == nil
}

// Forget removes the files in a folder that are older than age.
func Forget(folder string, age time.Duration) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > age {
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
}
