package recipe

import (
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// Tests are what a recipe file says of its test stage; EC2 Image Builder says it of images and pipelines.
type Tests struct {
	Off            bool // imageTestsEnabled: false
	TimeoutMinutes int  // of the whole stage; 0 when the file does not say
}

// maxTestMinutes is a day, as in EC2 Image Builder.
const maxTestMinutes = 1440

func (r *reader) tests(n *yaml.Node) Tests {
	var t Tests
	r.mapping(n, "imageTestsConfiguration", []field{
		{"imageTestsEnabled", false, func(n *yaml.Node) {
			enabled := r.boolean(n, "imageTestsEnabled")
			t.Off = enabled != nil && !*enabled
		}},
		{"timeoutMinutes", false, func(n *yaml.Node) { t.TimeoutMinutes = r.integer(n, "timeoutMinutes", 1, maxTestMinutes) }},
	})
	return t
}

// The types of reports.
const (
	ReportFile  = "file"  // kept as it is
	ReportJUnit = "junit" // JUnit XML, which joins the run's own
)

// Report names files that components and their tests write, and that a run keeps. It is an extension.
type Report struct {
	Path Text   // absolute in the container; *, ? and [...] within a folder, ** for any folders
	Type string // ReportFile or ReportJUnit
}

// maxReports is how many patterns a recipe may have.
const maxReports = 50

func (r *reader) reports(n *yaml.Node) []Report {
	var list []Report
	if items := r.value(n); items.Kind == yaml.SequenceNode && len(items.Content) > maxReports {
		r.fail(n, "reports has %d entries; at most %d are allowed", len(items.Content), maxReports)
		return nil
	}
	r.list(n, "reports", func(item *yaml.Node) { list = append(list, r.report(item)) })
	return list
}

// report reads an entry; a text alone is a path of any type.
func (r *reader) report(n *yaml.Node) Report {
	report := Report{Type: ReportFile}
	short := func(n *yaml.Node) { report.Path = r.pattern(n) }
	long := func(n *yaml.Node) {
		r.mapping(n, "an entry of reports", []field{
			{"path", true, short},
			{"type", false, func(n *yaml.Node) { report.Type = r.oneOf(n, "type", ReportFile, ReportJUnit).Value }},
		})
	}
	switch value := r.value(n); {
	case r.outline != nil:
		r.outline.either(n, short, long)
	case value.Kind == yaml.ScalarNode && !isNull(value):
		short(value)
	default:
		long(n)
	}
	return report
}

// pattern reads the path of a report.
func (r *reader) pattern(n *yaml.Node) Text {
	t, ok := r.text(n, "path", 1, maxText)
	if !ok {
		return t
	}
	_, err := path.Match(t.Value, "")
	switch {
	case err != nil:
		r.fail(n, "path %q is not a pattern: %v", t.Value, err)
	case !path.IsAbs(t.Value) || path.Clean(t.Value) != t.Value || t.Value == "/":
		r.advise(n, "such as /tmp/results/*.xml", "path %q is not the absolute path of files in the container", t.Value)
	case inMounts(t.Value):
		r.fail(n, "path %q is below a file system of the kernel or of the build; nothing is kept there", t.Value)
	}
	return t
}

// inMounts reports whether a path is where containers have something else than their image's files.
func inMounts(name string) bool {
	for _, folder := range []string{"/proc", "/sys", "/dev", "/run/slipway", "/run/secrets"} {
		if name == folder || strings.HasPrefix(name, folder+"/") {
			return true
		}
	}
	return false
}
