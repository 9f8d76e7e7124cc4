package report

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLimitKeepsTheBeginningAndTheEnd(t *testing.T) {
	var got []string
	pass := func(r Record) {
		switch e := r.Event.(type) {
		case StepOutput:
			got = append(got, e.Text)
		case StepLog:
			got = append(got, e.Message)
		case StepEnd:
			got = append(got, "end")
		}
	}
	l := limit{max: 20}
	for _, step := range []string{"a", "b"} {
		l.record(Record{Event: StepStart{}}, pass)
		for i := range 100 {
			l.record(Record{Event: StepOutput{Text: fmt.Sprintf("%s line %02d", step, i)}}, pass)
		}
		l.record(Record{Event: StepEnd{}}, pass)
	}
	var want []string
	for _, step := range []string{"a", "b"} {
		want = append(want, step+" line 00", step+" line 01")
		want = append(want, "78 lines of output are not shown here; the console log has them")
		for i := 80; i < 100; i++ {
			want = append(want, fmt.Sprintf("%s line %02d", step, i))
		}
		want = append(want, "end")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passed on (-want +got):\n%s", diff)
	}
}

func TestLimitBoundsARun(t *testing.T) {
	bytes := 0
	pass := func(r Record) {
		if e, ok := r.Event.(StepOutput); ok {
			bytes += len(e.Text)
		}
	}
	l := limit{max: 1000}
	for range 1000 {
		l.record(Record{Event: StepStart{}}, pass)
		l.record(Record{Event: StepOutput{Text: string(make([]byte, 900))}}, pass)
	}
	if bytes > totalFactor*1000 {
		t.Errorf("%d bytes passed", bytes)
	}
}
