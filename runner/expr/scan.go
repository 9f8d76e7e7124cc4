package expr

import (
	"fmt"
	"strings"
)

// Piece is a part of a scanned text: literal text, or a reference. Joining the Text of all pieces gives back the
// scanned text.
type Piece struct {
	Text string // as written
	Ref  *Ref   // nil for literal text
}

// Scan splits text into literal pieces and references, from left to right and in linear time. What looks like a
// reference but fits no form of the grammar is literal, and so is a secret reference directly behind a "$", the
// spelling of CI systems.
func Scan(text string) []Piece {
	var pieces []Piece
	s := scanner{text: text}
	for {
		start, end, found, ok := s.next()
		if !ok {
			break
		}
		ref := found // only what is kept is allocated
		if start > s.done {
			pieces = append(pieces, Piece{Text: text[s.done:start]})
		}
		pieces = append(pieces, Piece{Text: text[start:end], Ref: &ref})
		s.done = end
	}
	if s.done < len(text) {
		pieces = append(pieces, Piece{Text: text[s.done:]})
	}
	return pieces
}

// HasRef reports whether text holds a reference.
func HasRef(text string) bool {
	s := scanner{text: text}
	_, _, _, ok := s.next()
	return ok
}

// Single returns the reference that text consists of, and false when there is anything else in it.
func Single(text string) (Ref, bool) {
	s := scanner{text: text}
	start, end, ref, ok := s.next()
	if !ok || start != 0 || end != len(text) {
		return Ref{}, false
	}
	return ref, true
}

// A Resolver returns the text that a reference stands for. When known is false the reference stays in the text as it
// was written: this is how a loop reference outside a loop passes through.
type Resolver func(ref Ref) (text string, known bool, err error)

// Expand returns text with the values of its references in their places. Values are not scanned again. It stops at
// the first reference that the resolver cannot resolve; the error names it.
func Expand(text string, resolve Resolver) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	var b strings.Builder
	for _, p := range Scan(text) {
		value, known := p.Text, false
		if p.Ref != nil {
			v, ok, err := resolve(*p.Ref)
			if err != nil {
				return "", fmt.Errorf("%s: %w", p.Text, err)
			}
			value, known = v, ok
		}
		if known {
			b.WriteString(value)
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String(), nil
}

// scanner finds references one after the other. close and line remember the next "}}" and the next line break, so
// that no part of the text is searched twice.
type scanner struct {
	text        string
	done        int // where the caller's next piece begins
	at          int
	close, line int
}

// next returns the next reference with the places of its first byte and behind its last.
func (s *scanner) next() (start, end int, ref Ref, ok bool) {
	for {
		i := strings.Index(s.text[s.at:], "{{")
		if i < 0 {
			return 0, 0, Ref{}, false
		}
		start = s.at + i
		inner := start + 2
		if !advance(&s.close, s.text, inner, "}}") {
			return 0, 0, Ref{}, false
		}
		advance(&s.line, s.text, inner, "\n")
		r, ok := parseRef(s.text[inner:s.close], s.line > s.close)
		foreign := r.Kind == Secret && start > 0 && s.text[start-1] == '$'
		if ok && !foreign {
			end = s.close + 2
			r.Raw = s.text[start:end]
			s.at = end
			return start, end, r, true
		}
		s.at = start + 1
	}
}

// advance moves *found to the first place of word at or behind from, or behind the text when there is none.
func advance(found *int, text string, from int, word string) bool {
	if *found < from {
		*found = len(text) + 1
		if i := strings.Index(text[from:], word); i >= 0 {
			*found = from + i
		}
	}
	return *found <= len(text)
}
