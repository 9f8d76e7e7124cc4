package registry

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Retry is the policy for failures that can pass: network errors, 408, 425, 429 and 5xx. The wait doubles from
// attempt to attempt, with jitter; a longer one that the registry asks for (Retry-After) is respected up to Longest.
type Retry struct {
	// Attempts is how often an operation is tried in all; zero means 5, 1 means no retry.
	Attempts int
	// First is the wait before the second attempt; zero means 500 ms.
	First time.Duration
	// Longest bounds each wait; zero means 30 s.
	Longest time.Duration
	// Notify is told of every attempt that failed and will be repeated. It may be called concurrently.
	Notify func(RetryEvent)
	// Sleep waits; nil means a timer. It returns early with the cause when ctx ends.
	Sleep func(ctx context.Context, d time.Duration) error
}

// RetryEvent says that an attempt failed and when the next one starts.
type RetryEvent struct {
	Attempt int // that failed, from 1
	Of      int
	Wait    time.Duration
	Err     error
}

func (r Retry) withDefaults() Retry {
	if r.Attempts <= 0 {
		r.Attempts = 5
	}
	if r.First <= 0 {
		r.First = 500 * time.Millisecond
	}
	if r.Longest <= 0 {
		r.Longest = 30 * time.Second
	}
	if r.Notify == nil {
		r.Notify = func(RetryEvent) {}
	}
	if r.Sleep == nil {
		r.Sleep = sleep
	}
	return r
}

// Do calls f until it succeeds, fails for good, or the attempts are used up. It returns the last error; when ctx ends
// while it waits, also the cause of that.
func (r Retry) Do(ctx context.Context, f func() error) error {
	r = r.withDefaults()
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil || ctx.Err() != nil || attempt >= r.Attempts || !temporary(err) {
			return counted(err, attempt)
		}
		wait := r.wait(attempt, err)
		r.Notify(RetryEvent{Attempt: attempt, Of: r.Attempts, Wait: wait, Err: err})
		if stopped := r.Sleep(ctx, wait); stopped != nil {
			return errors.Join(stopped, counted(err, attempt))
		}
	}
}

// wait returns between half and all of First·2^(attempt-1), or what the registry asked for.
func (r Retry) wait(attempt int, err error) time.Duration {
	d := r.Longest
	if attempt < 32 { // beyond that the shift overflows
		d = min(d, r.First<<(attempt-1))
	}
	if d <= 0 {
		d = r.Longest
	}
	d = d/2 + rand.N(d/2+1) //nolint:gosec // jitter is no secret
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > d {
		d = min(e.RetryAfter, r.Longest)
	}
	return d
}

func counted(err error, attempts int) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Attempts = attempts
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
