package display

import (
	"fmt"
	"strings"
)

// Mode is a way to show progress.
type Mode string

// The modes, in the words of --progress.
const (
	Auto  Mode = "auto"
	TTY   Mode = "tty"
	Plain Mode = "plain"
	JSON  Mode = "json"
	Quiet Mode = "quiet"
)

// Modes lists all modes in the order of the help text.
func Modes() []string {
	return []string{string(Auto), string(TTY), string(Plain), string(JSON), string(Quiet)}
}

// ParseMode reads a mode; rawjson, BuildKit's word for JSON, is taken too.
func ParseMode(text string) (Mode, error) {
	if text == "rawjson" {
		return JSON, nil
	}
	for _, m := range Modes() {
		if m == text {
			return Mode(m), nil
		}
	}
	return "", fmt.Errorf("not one of %s", strings.Join(Modes(), ", "))
}

// Terminal is what the choice of a mode depends on.
type Terminal struct {
	IsTerminal bool // of the stream that is drawn on
	Getenv     func(string) string
}

// Resolve replaces Auto: TTY only on a terminal that can move its cursor and outside of CI.
func (m Mode) Resolve(t Terminal) Mode {
	if m != Auto && m != "" {
		return m
	}
	if t.IsTerminal && t.motion() {
		return TTY
	}
	return Plain
}

// Colour reports whether to use colour: on a terminal, unless NO_COLOR, CI or TERM=dumb say otherwise.
func (t Terminal) Colour() bool {
	return t.IsTerminal && t.motion() && t.Getenv("NO_COLOR") == ""
}

func (t Terminal) motion() bool {
	ci := t.Getenv("CI")
	return t.Getenv("TERM") != "dumb" && (ci == "" || ci == "false" || ci == "0")
}
