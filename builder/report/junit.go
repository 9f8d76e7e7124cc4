package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/builder/result"
)

// The elements of JUnit's XML, as far as CI systems read them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr,omitempty"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitProblem `xml:"failure,omitempty"`
		Error     *junitProblem `xml:"error,omitempty"`
		Skipped   *struct{}     `xml:"skipped,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the test steps of a run as JUnit XML: a suite for each component, a case for each step. Behind them
// stand the suites of the JUnit reports that components and tests wrote; a declared one that is missing is an error. A run that
// ended before or beside its tests gets one case with an error, so that a green report never stands for a red run.
func WriteJUnit(w io.Writer, res *result.Result) error {
	all := junitSuites{Name: res.Recipe.Name + " " + res.Recipe.Version, Time: seconds(res.Timings.Test)}
	for _, c := range res.Tests {
		all.add(componentSuite(res, c))
	}
	for _, r := range res.Reports {
		all.addReport(res, r)
	}
	if res.Error != nil && all.Failures+all.Errors == 0 {
		all.add(junitSuite{Name: "slipway", Time: seconds(0), Cases: []junitCase{{
			Name: res.Stage, ClassName: "slipway", Time: seconds(0),
			Error: &junitProblem{Message: clean(res.Error.Message), Text: clean(res.Error.Hint)},
		}}})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add counts the cases of a suite and appends it.
func (s *junitSuites) add(suite junitSuite) {
	for _, c := range suite.Cases {
		suite.Tests++
		switch {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	s.Tests, s.Failures, s.Errors, s.Skipped = s.Tests+suite.Tests, s.Failures+suite.Failures, s.Errors+suite.Errors, s.Skipped+suite.Skipped
	s.Suites = append(s.Suites, suite)
}

func componentSuite(res *result.Result, c result.Component) junitSuite {
	suite := junitSuite{Name: c.Name, Time: seconds(c.Duration), Timestamp: res.StartTime.UTC().Format("2006-01-02T15:04:05")}
	for _, p := range c.Phases {
		for _, s := range p.Steps {
			suite.Cases = append(suite.Cases, stepCase(c, p, s))
		}
	}
	if len(suite.Cases) == 0 && c.Status == string(result.Failed) {
		suite.Cases = []junitCase{{
			Name: "start", ClassName: c.Name, Time: seconds(0), Error: &junitProblem{Message: clean(c.FailureMessage)},
		}}
	}
	return suite
}

func stepCase(c result.Component, p result.Phase, s result.Step) junitCase {
	testCase := junitCase{Name: p.Name + "/" + s.Name, ClassName: c.Name, Time: seconds(s.Duration)}
	switch s.Status {
	case "failed":
		testCase.Failure = &junitProblem{Message: clean(s.FailureMessage), Text: clean(s.Action)}
	case "inProgress":
		testCase.Error = &junitProblem{Message: "cut off: " + clean(s.FailureMessage), Text: clean(s.Action)}
	case "skipped":
		testCase.Skipped = &struct{}{}
	}
	return testCase
}

func seconds(s result.Seconds) string { return fmt.Sprintf("%.3f", time.Duration(s).Seconds()) }

// clean drops what XML 1.0 cannot hold.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, text)
}
