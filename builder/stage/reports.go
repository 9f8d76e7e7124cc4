package stage

import (
	"bytes"
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

	mu    sync.Mutex
	bytes int64
	list  []result.Report
}

// NewCollector makes the Collector of a stage for one platform.
func NewCollector(s Services, p *plan.Plan, platform plan.Platform, stage event.Stage) *Collector {
	return &Collector{services: s, plan: p, platform: PlatformName(p, platform), stage: stage}
}

// Reports tells the engine what to keep of the components of one execution; nil when nothing is declared.
func (c *Collector) Reports(components []plan.Component) *engine.Reports {
	if len(c.plan.Reports) == 0 {
		return nil
	}
	r := &engine.Reports{
		Keep: func(i, pattern int, file string, size int64) io.WriteCloser {
			return c.keep(components[i], c.plan.Reports[pattern], file, size)
		},
		Failed: func(i, pattern int, file string, err error) {
			c.add(c.report(components[i], c.plan.Reports[pattern], file), err.Error())
		},
	}
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

func (c *Collector) add(r result.Report, problem string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Problem = problem
	c.list = append(c.list, r)
}

// keep gives the place of a file, unless it is too much.
func (c *Collector) keep(component plan.Component, declared plan.Report, file string, size int64) io.WriteCloser {
	r := c.report(component, declared, file)
	c.mu.Lock()
	files, total := len(c.list), c.bytes+size
	c.mu.Unlock()
	switch {
	case files >= maxReportFiles:
		return nil
	case size > maxReportFile:
		c.add(r, fmt.Sprintf("it has %d bytes; at most %d are kept of a file", size, maxReportFile))
		return nil
	case total > maxReportBytes:
		c.add(r, fmt.Sprintf("the reports of this stage have more than %d bytes", maxReportBytes))
		return nil
	}
	return &kept{collector: c, report: r, name: c.name(component, file)}
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

// kept is a file on its way into the run folder. It is held in memory, for secrets may be anywhere in it.
type kept struct {
	collector *Collector
	report    result.Report
	name      string
	data      bytes.Buffer
}

func (k *kept) Write(p []byte) (int, error) { return k.data.Write(p) }

// Close writes the file, below the reports folder whatever its name is.
func (k *kept) Close() error {
	c := k.collector
	data := mask(k.data.Bytes(), c.services.Secrets)
	folder := filepath.Join(c.services.Logs.Dir(), ReportsFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.MkdirAll(filepath.Dir(k.name), 0o755); err != nil {
		return err
	}
	if err := root.WriteFile(k.name, data, 0o644); err != nil {
		return err
	}
	k.report.File, k.report.Size = filepath.ToSlash(filepath.Join(ReportsFolder, k.name)), int64(len(data))
	c.add(k.report, "")
	c.mu.Lock()
	c.bytes += int64(len(data))
	c.mu.Unlock()
	return nil
}

// mask replaces the values of secrets.
func mask(data []byte, secrets map[string][]byte) []byte {
	for _, value := range secrets {
		if value = bytes.TrimSpace(value); len(value) > 0 {
			data = bytes.ReplaceAll(data, value, []byte("***"))
		}
	}
	return data
}
