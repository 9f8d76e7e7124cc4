package display

import (
	"fmt"
	"regexp"
	"sync"
	"time"
)

// Style colours text. The zero value writes no control sequences at all.
type Style struct{ Colour bool }

// The colours, as SGR codes.
const (
	noColour = ""
	bold     = "1"
	dim      = "2"
	red      = "31"
	green    = "32"
	yellow   = "33"
	cyan     = "36"
)

func (s Style) paint(colour, text string) string {
	if !s.Colour || colour == noColour || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Duration writes d for people: milliseconds, tenths of a second up to a minute, then minutes and hours.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0ms"
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	d = d.Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%dh%02dm%02ds", h, m, s)
	}
	return fmt.Sprintf("%dm%02ds", m, s)
}

// Bytes writes a size in decimal units, as registries count.
func Bytes(n int64) string {
	value, unit := float64(n), 0
	for value >= 999.95 && unit < 4 {
		value /= 1000
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, [...]string{"", "kB", "MB", "GB", "TB"}[unit])
}

var longDigest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(sha256:[0-9a-f]{12})[0-9a-f]{52}`) })

// shortDigests shortens the digests in a text to what people compare.
func shortDigests(text string) string { return longDigest().ReplaceAllString(text, "$1") }
