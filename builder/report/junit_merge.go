package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/slipway-oci/slipway/builder/result"
)

// maxJUnit is the largest report that is merged.
const maxJUnit = 32 << 20

// addReport adds the suites of a JUnit report, or an error in place of a report that is missing.
func (s *junitSuites) addReport(res *result.Result, r result.Report) {
	problem := r.Problem
	if problem == "" && r.Type == "junit" {
		suites, err := readSuites(filepath.Join(res.RunFolder, filepath.FromSlash(r.File)))
		if err == nil {
			for _, suite := range suites {
				s.add(suite)
			}
			return
		}
		problem = "not JUnit XML: " + err.Error()
	}
	if problem == "" {
		return
	}
	s.add(junitSuite{Name: "reports", Time: seconds(0), Cases: []junitCase{{
		Name: clean(cmp.Or(r.Path, r.Declared)), ClassName: "slipway.reports", Time: seconds(0),
		Error: &junitProblem{Message: clean(problem)},
	}}})
}

// foreignSuite is a suite as other tools write it: some nest suites, and counts are not to be trusted.
type foreignSuite struct {
	Name      string         `xml:"name,attr"`
	Time      string         `xml:"time,attr"`
	Timestamp string         `xml:"timestamp,attr"`
	Cases     []foreignCase  `xml:"testcase"`
	Suites    []foreignSuite `xml:"testsuite"`
}

type foreignCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitProblem `xml:"failure"`
	Error     *junitProblem `xml:"error"`
	Skipped   *struct{}     `xml:"skipped"`
}

// readSuites reads a file whose root is testsuites or testsuite.
func readSuites(file string) ([]junitSuite, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	decoder := xml.NewDecoder(io.LimitReader(f, maxJUnit))
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "testsuites" && start.Name.Local != "testsuite" {
			return nil, fmt.Errorf("its root is %q", start.Name.Local)
		}
		var root foreignSuite
		if err := decoder.DecodeElement(&root, &start); err != nil {
			return nil, err
		}
		return root.flat(nil, 0), nil
	}
}

// maxNested bounds how deep suites are nested.
const maxNested = 20

// flat gives the suite and those in it, each that has cases.
func (s foreignSuite) flat(list []junitSuite, depth int) []junitSuite {
	if len(s.Cases) > 0 {
		suite := junitSuite{Name: s.Name, Time: number(s.Time), Timestamp: s.Timestamp}
		for _, c := range s.Cases {
			suite.Cases = append(suite.Cases, junitCase{
				Name: c.Name, ClassName: c.ClassName, Time: number(c.Time), Failure: c.Failure, Error: c.Error, Skipped: c.Skipped,
			})
		}
		list = append(list, suite)
	}
	if depth < maxNested {
		for _, inner := range s.Suites {
			list = inner.flat(list, depth+1)
		}
	}
	return list
}

// number keeps a time that readers can parse.
func number(text string) string {
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 {
		return text
	}
	return seconds(0)
}
