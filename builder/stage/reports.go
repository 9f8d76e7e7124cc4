package stage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/runner/report"
)

// ReportsFolder is the folder in a run folder with the files that a recipe declares as reports.
const ReportsFolder = "reports"

// The bounds of what one stage keeps of the reports of one platform.
const (
	maxReportFile  = 32 << 20
	maxReportBytes = 256 << 20
	maxReportFiles = 1000
)

// Collector keeps the files that a plan declares as reports, in the run folder. It is safe for concurrent use.
type Collector struct {
	services Services
	plan     *plan.Plan
	platform string
	stage    event.Stage
	masker   *report.Masker

	mu    sync.Mutex
	bytes int64
	list  []result.Report
}

// NewCollector makes the Collector of a stage for one platform.
func NewCollector(s Services, p *plan.Plan, platform plan.Platform, stage event.Stage) *Collector {
	return &Collector{services: s, plan: p, platform: PlatformName(p, platform), stage: stage, masker: s.Masker()}
}

// Reports tells the engine what to keep of the components of one execution; nil when nothing is declared.
func (c *Collector) Reports(components []plan.Component) *engine.Reports {
	if len(c.plan.Reports) == 0 {
		return nil
	}
	r := &engine.Reports{Keep: func(i, pattern int, file string, size int64, content io.Reader) {
		c.keep(components[i], c.plan.Reports[pattern], file, size, content)
	}}
	for _, declared := range c.plan.Reports {
		r.Patterns = append(r.Patterns, declared.Path)
	}
	return r
}

// Kept are the reports so far.
func (c *Collector) Kept() []result.Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list
}

func (c *Collector) report(component plan.Component, declared plan.Report, file string) result.Report {
	return result.Report{
		Type: declared.Type, Declared: declared.Path, Platform: c.platform, Stage: string(c.stage),
		Component: component.Name, Path: file,
	}
}

// keep writes a file into the run folder, unless it is too much.
func (c *Collector) keep(component plan.Component, declared plan.Report, file string, size int64, content io.Reader) {
	r := c.report(component, declared, file)
	c.mu.Lock()
	switch {
	case len(c.list) >= maxReportFiles:
		c.mu.Unlock()
		return
	case size > maxReportFile:
		r.Problem = fmt.Sprintf("it has %d bytes; at most %d are kept of a file", size, maxReportFile)
	case c.bytes+size > maxReportBytes:
		r.Problem = fmt.Sprintf("the reports of this stage have more than %d bytes", maxReportBytes)
	default:
		c.bytes += size
	}
	c.mu.Unlock()
	if r.Problem == "" {
		name := filepath.Join(ReportsFolder, c.name(component, file))
		written, err := c.write(name, content)
		if err != nil {
			r.Problem = err.Error()
		} else {
			r.File, r.Size = filepath.ToSlash(name), written
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, r)
}

// write writes content to a file in the run folder, below it whatever its name is, with secrets masked as they pass. Of
// a content that cannot be read to its end nothing stays.
func (c *Collector) write(name string, content io.Reader) (written int64, err error) {
	root, err := os.OpenRoot(c.services.Logs.Dir())
	if err != nil {
		return 0, err
	}
	defer func() { _ = root.Close() }()
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, err
	}
	f, err := root.Create(name)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = root.Remove(name)
		}
	}()
	masked := c.masker.Writer(f)
	if _, err := io.Copy(masked, content); err != nil {
		return 0, err
	}
	if err := masked.Close(); err != nil {
		return 0, err
	}
	return f.Seek(0, io.SeekCurrent)
}

// name is the place of a file below ReportsFolder: its stage, its component and its path in the container.
func (c *Collector) name(component plan.Component, file string) string {
	folder := fmt.Sprintf("%02d-%s", component.Index, safe(component.Name))
	return filepath.Join(strings.ReplaceAll(c.platform, "/", "-"), string(c.stage), folder, filepath.FromSlash(strings.TrimPrefix(file, "/")))
}

// safe makes a component's name one path element.
func safe(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			return '-'
		}
		return r
	}, strings.TrimLeft(name, "."))
}
