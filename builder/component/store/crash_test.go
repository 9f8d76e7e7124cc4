package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/recipe"
)

const writerVariable = "SLIPWAY_TEST_STORE_WRITER"

// TestMain makes the test program a writer when it is started as one.
func TestMain(m *testing.M) {
	if path := os.Getenv(writerVariable); path != "" {
		if err := writeForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForEver adds components and acknowledges each by a line with its version and build.
func writeForEver(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	for {
		c := sample("nginx", recipe.Version{1, 0, 0}, 0)
		key := ""
		err := s.Update(ctx, func(w library.Writer) (err error) {
			if c.Build, _, err = w.NextBuild(ctx, c.Namespace, c.Normal(), c.Version); err != nil {
				return err
			}
			key = fmt.Sprintf("%s/%d", c.Version, c.Build)
			return w.AddComponent(ctx, &c, []byte(key))
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, key+".")
	}
}

func TestNothingAcknowledgedIsLostWhenWritersAreKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	acknowledged := map[string]bool{}
	for round := range 6 {
		var writers []*exec.Cmd
		lines := make(chan string)
		for range 2 {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), writerVariable+"="+path)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			writers = append(writers, cmd)
			go func() {
				for scanner := bufio.NewScanner(out); scanner.Scan(); {
					if line, whole := strings.CutSuffix(scanner.Text(), "."); whole {
						lines <- line
					}
				}
				lines <- ""
			}()
		}
		// Every other time they are killed wherever they are, else when something was acknowledged.
		kill := time.After(time.Duration(30+rand.IntN(150)) * time.Millisecond)
		if round%2 == 1 {
			kill = time.After(time.Minute) // so long they never take
		}
		for ended, count := 0, 0; ended < len(writers); {
			select {
			case line := <-lines:
				if line == "" {
					ended++
					continue
				}
				acknowledged[line] = true
				if count++; count == 1 {
					kill = time.After(time.Duration(rand.IntN(100)) * time.Millisecond)
				}
			case <-kill:
				for _, w := range writers {
					_ = w.Process.Kill()
				}
				kill = nil
			}
		}
		for _, w := range writers {
			_ = w.Wait()
		}
		check(t, path, acknowledged, round)
	}
	if len(acknowledged) == 0 {
		t.Error("no writer wrote anything")
	}
}

// check opens the store and looks for everything that was acknowledged, each with its document.
func check(t *testing.T, path string, acknowledged map[string]bool, round int) {
	t.Helper()
	s := openStore(t, path)
	defer s.Close()
	found := map[string]bool{}
	for _, c := range nginxBuilds(t, s) {
		key := fmt.Sprintf("%s/%d", c.Version, c.Build)
		if found[key] {
			t.Errorf("round %d: %s is there twice", round, key)
		}
		found[key] = true
		err := s.View(t.Context(), func(r library.Reader) error {
			text, err := r.Document(t.Context(), c.ID)
			if string(text) != key {
				t.Errorf("round %d: the document of %s is %q", round, key, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for key := range acknowledged {
		if !found[key] {
			t.Errorf("round %d: %s was acknowledged and is lost", round, key)
		}
	}
	var verdict string
	if err := s.db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("round %d: integrity: %q, %v", round, verdict, err)
	}
}
