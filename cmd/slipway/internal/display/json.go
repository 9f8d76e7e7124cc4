package display

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"

	"github.com/slipway-oci/slipway/builder/event"
)

// jsonLines writes each event as one line of JSON.
type jsonLines struct {
	mu sync.Mutex
	w  io.Writer
}

func (j *jsonLines) Send(e event.Event) {
	line, err := json.Marshal(e)
	if err != nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.w.Write(append(escapeControls(line), '\n'))
}

func (*jsonLines) Close() error { return nil }

// escapeControls writes DEL and the C1 controls, which JSON allows unescaped, as escapes.
func escapeControls(data []byte) []byte {
	if !bytes.ContainsFunc(data, func(r rune) bool { return r >= 0x7f && r <= 0x9f }) {
		return data
	}
	const digits = "0123456789abcdef"
	var b bytes.Buffer
	for _, r := range string(data) {
		if r >= 0x7f && r <= 0x9f {
			b.WriteString(`\u00`)
			b.WriteByte(digits[r>>4])
			b.WriteByte(digits[r&15])
			continue
		}
		b.WriteRune(r)
	}
	return b.Bytes()
}
