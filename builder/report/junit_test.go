package report

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/result"
)

func testRun() *result.Result {
	return &result.Result{
		StartTime: time.Date(2031, 4, 9, 7, 15, 2, 0, time.UTC),
		Recipe:    result.Recipe{Name: "web", Version: "1.4.0"}, Stage: "test", Status: result.Succeeded,
		Timings: result.Timings{Test: result.Seconds(2 * time.Second)},
		Tests: []result.Component{{
			Name: "http", Status: "success", Duration: result.Seconds(time.Second),
			Phases: []result.Phase{{Name: "test", Steps: []result.Step{
				{Name: "Fetch", Action: "WebDownload", Status: "success", Duration: result.Seconds(250 * time.Millisecond)},
				{Name: "Old", Action: "Assert", Status: "skipped"},
			}}},
		}},
	}
}

func written(t *testing.T, res *result.Result) string {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteJUnit(&buf, res); err != nil {
		t.Fatal(err)
	}
	var any junitSuites
	if err := xml.Unmarshal(buf.Bytes(), &any); err != nil {
		t.Fatalf("not XML: %v\n%s", err, buf.String())
	}
	return buf.String()
}

func TestJUnitHasACaseForEachStep(t *testing.T) {
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="web 1.4.0" tests="2" failures="0" errors="0" skipped="1" time="2.000">
  <testsuite name="http" tests="2" failures="0" errors="0" skipped="1" time="1.000" timestamp="2031-04-09T07:15:02">
    <testcase name="test/Fetch" classname="http" time="0.250"></testcase>
    <testcase name="test/Old" classname="http" time="0.000">
      <skipped></skipped>
    </testcase>
  </testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, written(t, testRun())); diff != "" {
		t.Errorf("XML (-want +got):\n%s", diff)
	}
}

func TestJUnitOfAFailedRunIsNeverGreen(t *testing.T) {
	failedStep := testRun()
	failedStep.Tests[0].Phases[0].Steps[0].Status = "failed"
	failedStep.Tests[0].Phases[0].Steps[0].FailureMessage = "status \x1b[31m404 & <html>"
	failedStep.Error = &result.Error{Message: "a test failed"}
	notRun := testRun()
	notRun.Tests = nil
	notRun.Error = &result.Error{Message: "component \"web\" failed"}
	pushed := testRun()
	pushed.Stage, pushed.Error = "publish", &result.Error{Message: "registry is down"}
	noLog := testRun()
	noLog.Tests[0] = result.Component{Name: "http", Status: "failed", FailureMessage: "it left no log"}
	for name, res := range map[string]*result.Result{"step": failedStep, "build": notRun, "publish": pushed, "no log": noLog} {
		text := written(t, res)
		if !strings.Contains(text, `failures="1"`) && !strings.Contains(text, `errors="1"`) {
			t.Errorf("%s: no failure in\n%s", name, text)
		}
	}
}
