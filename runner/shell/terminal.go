package shell

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// killedByInterrupt is the exit code of a program that Ctrl-C ended, and of a line.
const killedByInterrupt = 128 + int(syscall.SIGINT)

// terminal is where lines are typed behind a prompt, and where Ctrl-C is.
type terminal struct {
	io.Reader

	screen io.Writer

	mu      sync.Mutex
	prompt  string
	waiting bool   // for a line
	cancel  func() // ends the line that runs, nil if none does
	pending bool   // Ctrl-C came when a line was read and not run yet
}

// ask shows a prompt for the next line.
func (t *terminal) ask(prompt string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prompt = prompt
	fmt.Fprint(t.screen, prompt)
}

// Read gives what was typed.
func (t *terminal) Read(p []byte) (int, error) {
	t.wait(true)
	defer t.wait(false)
	return t.Reader.Read(p)
}

func (t *terminal) wait(is bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting, t.pending = is, false
}

// interruptible returns a context that Ctrl-C ends, until done is called.
func (t *terminal) interruptible(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel = cancel; t.pending {
		cancel()
	}
	return ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.cancel = nil
		cancel()
	}
}

// awaitInterrupt waits for the interrupt that has ended a program and is about to get here.
func awaitInterrupt(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond): // somebody else killed it
	}
}

// watch answers interrupts until the function that it returns is called.
func (t *terminal) watch() (stop func()) {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		for range interrupts {
			t.interrupt()
		}
	}()
	return func() {
		signal.Stop(interrupts)
		close(interrupts)
	}
}

// interrupt ends the line that runs. At the prompt, where the terminal forgets what was typed, a new one shows that.
func (t *terminal) interrupt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.waiting:
		fmt.Fprint(t.screen, "\n"+t.prompt)
	case t.cancel != nil:
		t.cancel()
	default:
		t.pending = true
	}
}
