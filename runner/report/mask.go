package report

import (
	"encoding/json"
	"io"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Masker replaces secret values by three asterisks. The longest value wins where several match. It is safe for
// concurrent use; values may be added at any time and count from then on. The zero value masks nothing.
type Masker struct {
	mu      sync.Mutex
	known   map[string]bool
	current atomic.Pointer[patterns]
}

// patterns is an immutable set of texts, grouped by their first byte, longest first.
type patterns struct{ byFirst [256][]string }

// Add makes the masker replace value, each of its lines of four or more characters, the forms that these take inside
// JSON, and value as tools encode it for a URL or in base64. The empty text is ignored.
func (m *Masker) Add(value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if value == "" || m.known[value] {
		return
	}
	if m.known == nil {
		m.known = map[string]bool{}
	}
	add := func(s string) {
		m.known[s] = true
		for _, escape := range []bool{false, true} {
			m.known[jsonText(s, escape)] = true
		}
	}
	add(value)
	for _, form := range encodings(value) {
		m.known[form] = true
	}
	for line := range strings.SplitSeq(value, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if len([]rune(line)) >= 4 {
			add(line)
		}
	}
	p := &patterns{}
	for s := range m.known {
		p.byFirst[s[0]] = append(p.byFirst[s[0]], s)
	}
	for _, list := range p.byFirst {
		sort.Slice(list, func(i, j int) bool { return len(list[i]) > len(list[j]) })
	}
	m.current.Store(p)
}

// jsonText is s as it stands between the quotes of a JSON string.
func jsonText(s string, escapeHTML bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escapeHTML)
	if enc.Encode(s) != nil {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

// Text returns s with all secrets replaced.
func (m *Masker) Text(s string) string {
	p := m.current.Load()
	if p == nil || s == "" {
		return s
	}
	if out, _, changed := p.replace(nil, []byte(s), true); changed {
		return string(out)
	}
	return s
}

// Value returns a value of JSON's types with all texts inside it masked; v is not changed.
func (m *Masker) Value(v any) any {
	if m.current.Load() == nil {
		return v
	}
	return maskValue(v, m.Text)
}

// replace appends text to dst with secrets replaced and returns how many bytes of it were consumed. Unless final,
// it stops in front of a tail that more text could turn into a secret. changed reports whether there was any.
func (p *patterns) replace(dst, text []byte, final bool) (out []byte, consumed int, changed bool) {
	from := 0
	for i := 0; i < len(text); {
		list := p.byFirst[text[i]]
		if list == nil {
			i++
			continue
		}
		length, open := match(list, text[i:])
		if open && !final {
			return append(dst, text[from:i]...), i, changed
		}
		if length == 0 {
			i++
			continue
		}
		dst = append(append(dst, text[from:i]...), Concealed...)
		i += length
		from, changed = i, true
	}
	return append(dst, text[from:]...), len(text), changed
}

// match returns the length of the longest pattern that text begins with, 0 for none; open says that a longer
// pattern begins with all of text.
func match(list []string, text []byte) (length int, open bool) {
	for _, s := range list {
		if len(s) > len(text) {
			open = open || s[:len(text)] == string(text)
			continue
		}
		if s == string(text[:len(s)]) {
			return len(s), open
		}
	}
	return 0, open
}

// Writer returns a writer that masks what passes to w, also across the borders of writes. It holds back only a tail
// that may be the beginning of a secret; Close writes that tail and leaves w open.
func (m *Masker) Writer(w io.Writer) io.WriteCloser { return &maskWriter{masker: m, w: w} }

type maskWriter struct {
	masker *Masker
	w      io.Writer
	held   []byte
	out    []byte
}

func (w *maskWriter) Write(b []byte) (int, error) {
	p := w.masker.current.Load()
	if p == nil && len(w.held) == 0 {
		return w.w.Write(b)
	}
	text := b
	if len(w.held) > 0 {
		w.held = append(w.held, b...)
		text = w.held
	}
	var consumed int
	w.out, consumed, _ = p.replace(w.out[:0], text, false)
	w.held = append(w.held[:0], text[consumed:]...)
	if _, err := w.w.Write(w.out); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (w *maskWriter) Close() error {
	if len(w.held) == 0 {
		return nil
	}
	p := w.masker.current.Load()
	out, _, _ := p.replace(w.out[:0], w.held, true)
	w.held = nil
	_, err := w.w.Write(out)
	return err
}
