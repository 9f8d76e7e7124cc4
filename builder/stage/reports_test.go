package stage

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
)

// logsIn is a run folder without anything but its path.
type logsIn struct {
	Logs
	dir string
}

func (l logsIn) Dir() string { return l.dir }

func collector(t *testing.T, secrets map[string][]byte) *Collector {
	t.Helper()
	p := &plan.Plan{Reports: []plan.Report{{Path: "/results/*"}}}
	return NewCollector(Services{Logs: logsIn{dir: t.TempDir()}, Secrets: secrets}, p, plan.Platform{Name: "linux/amd64"}, event.StageTest)
}

// keep has the collector keep a file of one component.
func keep(c *Collector, file string, size int64, content io.Reader) {
	c.Reports([]plan.Component{{Name: "c"}}).Keep(0, 0, file, size, content)
}

func TestReportsPassThroughABoundedBuffer(t *testing.T) {
	const bound = 1 << 20
	c := collector(t, map[string][]byte{"TOKEN": []byte("value of the token\n")})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	keep(c, "/results/large", maxReportFile, io.LimitReader(endless("report "), maxReportFile))
	runtime.ReadMemStats(&after)
	if r := c.Kept(); len(r) != 1 || r[0].Size != maxReportFile || r[0].Problem != "" {
		t.Fatalf("kept %+v", r)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > bound {
		t.Errorf("a report of %d bytes took %d bytes of memory, want at most %d", maxReportFile, used, bound)
	}
}

// endless repeats a text for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], e)
	}
	return len(p), nil
}

func TestReportsHaveNoSecretAlsoBetweenTwoReads(t *testing.T) {
	c := collector(t, map[string][]byte{"TOKEN": []byte("value of the token\n")})
	text := strings.Repeat("a line with the value of the token, and dmFsdWUgb2YgdGhlIHRva2Vu in base64\n", 3)
	keep(c, "/results/a.txt", int64(len(text)), iotest.OneByteReader(strings.NewReader(text)))
	r := c.Kept()[0]
	got, err := os.ReadFile(filepath.Join(c.services.Logs.Dir(), r.File))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(got, []byte("value of")) || bytes.Contains(got, []byte("dmFsdWUgb2Y")) || bytes.Count(got, []byte("***")) != 6 {
		t.Errorf("the report has\n%s", got)
	}
	if r.Size != int64(len(got)) {
		t.Errorf("its size is told as %d, want %d", r.Size, len(got))
	}
}

func TestReportThatCannotBeReadLeavesNoHalfFile(t *testing.T) {
	c := collector(t, nil)
	keep(c, "/results/a.txt", 100, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("the builder is gone"))))
	if r := c.Kept(); len(r) != 1 || r[0].Problem != "the builder is gone" || r[0].File != "" {
		t.Errorf("kept %+v", r)
	}
	left := 0
	err := filepath.WalkDir(c.services.Logs.Dir(), func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			left++
		}
		return err
	})
	if err != nil || left > 0 {
		t.Errorf("%d files are left (%v)", left, err)
	}
}

func TestReportsBeyondTheBoundsAreTold(t *testing.T) {
	c := collector(t, nil)
	keep(c, "/results/large", maxReportFile+1, iotest.ErrReader(errors.New("read all the same")))
	for range maxReportBytes / maxReportFile {
		keep(c, "/results/some", maxReportFile, strings.NewReader("shorter than it was"))
	}
	keep(c, "/results/last", 1, iotest.ErrReader(errors.New("read all the same")))
	list := c.Kept()
	if got := list[0].Problem; !strings.Contains(got, "at most") {
		t.Errorf("the problem of a large file is %q", got)
	}
	if got := list[len(list)-1].Problem; !strings.Contains(got, "reports of this stage") {
		t.Errorf("the problem of a file behind many is %q", got)
	}
}
