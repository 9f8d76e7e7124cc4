package cli

import (
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
)

// writeTable writes rows below their heading in aligned columns. Cells are cleaned.
func writeTable(w io.Writer, heading []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = display.Clean(c)
			if cells[i] == "" {
				cells[i] = "-"
			}
		}
		if _, err := io.WriteString(t, strings.Join(cells, "\t")+"\n"); err != nil {
			return err
		}
	}
	return t.Flush()
}

// shortDigest is a digest for tables: the algorithm stays, so that the text can be pasted as a prefix.
func shortDigest(digest string) string {
	const shown = len("sha256:") + 12
	return digest[:min(len(digest), shown)]
}

// when writes a time for tables.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
