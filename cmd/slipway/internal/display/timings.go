package display

import (
	"fmt"
	"io"
	"time"

	"github.com/slipway-oci/slipway/builder/result"
)

// WriteTimings writes the parts of a command as a table: when each began, after the start of the process, and how long
// it took. It writes nothing where nothing was measured.
func WriteTimings(w io.Writer, parts []result.Part, style Style) {
	if len(parts) == 0 {
		return
	}
	width := 0
	for _, p := range parts {
		width = max(width, len(p.Name))
	}
	_, _ = fmt.Fprintf(w, "  %s\n", style.paint(dim, pad("part", width)+"    began at      took"))
	for _, p := range parts {
		_, _ = fmt.Fprintf(w, "  %s %8.1f ms %6.1f ms\n", pad(Clean(p.Name), width), milliseconds(p.Start), milliseconds(p.Duration))
	}
}

func milliseconds(m result.Micros) float64 {
	return float64(time.Duration(m)) / float64(time.Millisecond)
}
