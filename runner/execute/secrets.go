package execute

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/runner/report"
)

// maxSecret is the size limit of a secret.
const maxSecret = 64 << 10

// shortSecret is the length below which masking hides more than the secret.
const shortSecret = 4

// Secrets are the files of one folder. Values go to the masker before anyone gets them.
type Secrets struct {
	Dir    string
	Masker *report.Masker

	first sync.Once
}

// MaskAll makes the masker know every secret there is, whether referred to or not: scripts may read the files
// themselves. It returns what the user should be warned about. A missing folder holds no secrets.
func (s *Secrets) MaskAll() (warnings []string) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			warnings = append(warnings, fmt.Sprintf("secrets: %v", err))
		}
		return warnings
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		value, err := s.read(e.Name())
		switch {
		case err != nil:
			warnings = append(warnings, fmt.Sprintf("secret %q is not masked: %v", e.Name(), err))
		case utf8.RuneCountInString(value) < shortSecret && value != "":
			warnings = append(warnings, fmt.Sprintf("secret %q is shorter than %d characters: masking it hides other text too", e.Name(), shortSecret))
		}
	}
	return warnings
}

// Value returns the value of a secret, without one newline at its end.
func (s *Secrets) Value(name string) (string, error) {
	if s == nil || s.Dir == "" {
		return "", fmt.Errorf("secret %q is not there", name)
	}
	s.first.Do(func() { s.MaskAll() }) // files may have come since the start of the run
	value, err := s.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("secret %q is not there", name)
	case err != nil:
		return "", fmt.Errorf("secret %q: %w", name, err)
	case value == "":
		return "", fmt.Errorf("secret %q is empty", name)
	case !utf8.ValidString(value):
		return "", fmt.Errorf("secret %q is not UTF-8", name)
	}
	return value, nil
}

// read returns a secret and makes the masker know it.
func (s *Secrets) read(name string) (string, error) {
	path := filepath.Join(s.Dir, name)
	if info, err := os.Stat(path); err != nil {
		return "", err
	} else if !info.Mode().IsRegular() {
		return "", errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxSecret {
		return "", fmt.Errorf("larger than %d bytes", maxSecret)
	}
	value := string(text)
	if trimmed, ok := strings.CutSuffix(value, "\n"); ok {
		value = strings.TrimSuffix(trimmed, "\r")
	}
	s.Masker.Add(value)
	return value, nil
}
