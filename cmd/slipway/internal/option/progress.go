package option

import (
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
)

// Progress is --progress, how the course of a command is shown.
type Progress struct{ mode display.Mode }

// AddFlags adds --progress.
func (p *Progress) AddFlags(fs *pflag.FlagSet) {
	p.mode = display.Auto
	fs.Var(p, "progress", "how progress is shown: "+strings.Join(display.Modes(), ", "))
}

// String is the mode that was set.
func (p *Progress) String() string { return string(p.mode) }

// Set takes one of the modes.
func (p *Progress) Set(text string) error {
	m, err := display.ParseMode(text)
	if err != nil {
		return err
	}
	p.mode = m
	return nil
}

// Type is what the help text shows as the value.
func (*Progress) Type() string { return "MODE" }

// Values lists the modes, for shell completion.
func (*Progress) Values() []string { return display.Modes() }

// Quiet reports whether nothing but errors is to be shown.
func (p *Progress) Quiet() bool { return p.mode == display.Quiet }

// JSON reports whether stderr is for machines.
func (p *Progress) JSON() bool { return p.mode == display.JSON }

// StartDisplay starts the display. logged says that a log is written to w too, which a changing screen would destroy.
func (p *Progress) StartDisplay(w io.Writer, t display.Terminal, size func() (columns, rows int), logged bool) display.Display {
	mode := p.mode.Resolve(t)
	if p.mode == display.Auto && logged {
		mode = display.Plain
	}
	return display.New(mode, w, display.Options{Style: display.Style{Colour: t.Colour()}, Size: size})
}
