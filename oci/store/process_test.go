package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

// writerFolder and writerNumber make this test program a process that writes to a store.
const (
	writerFolder = "STORE_TEST_WRITER_FOLDER"
	writerNumber = "STORE_TEST_WRITER_NUMBER"
	writerImages = 10
)

// TestWriterProcess is the work of one process of TestConcurrentProcesses, which runs it in several.
func TestWriterProcess(t *testing.T) {
	dir, number := os.Getenv(writerFolder), os.Getenv(writerNumber)
	if dir == "" { // run by hand or by go test: work alone
		dir, number = t.TempDir(), "0"
	}
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := range writerImages {
		name := fmt.Sprintf("app-%s:%d", number, n)
		img := ocitest.Image(t, ocitest.Files{"shared": strconv.Itoa(n)}, ocitest.Files{"own": name})
		put := ocitest.Put(t, s, img, name)
		if err := s.MarkTest(t.Context(), put.Digest(), store.Test{Status: store.Passed, Time: time.Unix(0, 0), RunID: name}); err != nil {
			t.Fatal(err)
		}
		ocitest.Put(t, s, img, "contended:latest")
		if _, err := s.Prune(t.Context(), store.PruneOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConcurrentProcesses(t *testing.T) {
	const processes = 4
	dir := t.TempDir() // not opened before, so that the processes also race to create it
	commands := make([]*exec.Cmd, processes)
	for n := range commands {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriterProcess$", "-test.v")
		cmd.Env = append(os.Environ(), writerFolder+"="+dir, writerNumber+"="+strconv.Itoa(n))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		commands[n] = cmd
	}
	for n, cmd := range commands {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v", n, err)
		}
	}
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for p := range processes {
		for n := range writerImages {
			name := fmt.Sprintf("app-%d:%d", p, n)
			img, err := s.Resolve(t.Context(), name)
			if err != nil {
				t.Error(err)
				continue
			}
			if img.Test.Status != store.Passed || img.Test.RunID != name {
				t.Errorf("%s lost its test: %+v", name, img.Test)
			}
			if err := img.Verify(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := s.Resolve(t.Context(), "contended:latest"); err != nil {
		t.Error(err)
	}
}

func TestReadersSeeWholeIndex(t *testing.T) {
	s := ocitest.Store(t)
	image := ocitest.Image(t, ocitest.Files{"a": "1"})
	ocitest.Put(t, s, image, "first:1")
	done := make(chan error, 1)
	go func() {
		for n := range 50 {
			img, err := s.Resolve(t.Context(), "first:1")
			if err == nil {
				_, err = s.Add(t.Context(), img.Descriptor, fmt.Sprintf("app:%d", n), nil)
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
			if _, err := s.Resolve(t.Context(), "first:1"); err != nil {
				t.Fatalf("a reader beside a writer: %v", err)
			}
		}
	}
}
