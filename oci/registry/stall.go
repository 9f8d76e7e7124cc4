package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// stalledError says that nothing moved for too long. It is temporary: another connection may do better.
type stalledError struct{ after time.Duration }

func (e *stalledError) Error() string {
	return fmt.Sprintf("no data for %s", e.after)
}

// watch ends an exchange when neither the body of the request nor that of the answer moves.
type watch struct {
	after  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	ctx    context.Context //nolint:containedctx // lives for one exchange
}

func newWatch(ctx context.Context, after time.Duration) *watch {
	w := &watch{after: after}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(after, func() { w.cancel(&stalledError{after: after}) })
	return w
}

// stop ends the watch. It must be called once the exchange is over.
func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain turns the error of an exchange that the watch ended into its reason.
func (w *watch) explain(err error) error {
	if stalled, ok := context.Cause(w.ctx).(*stalledError); ok && err != nil { //nolint:errorlint // set by newWatch alone
		return stalled
	}
	return err
}

// request watches what is sent.
func (w *watch) request(body func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	if body == nil {
		return nil
	}
	return func() (io.ReadCloser, error) {
		r, err := body()
		if err != nil {
			return nil, err
		}
		return &watchedReader{ReadCloser: r, watch: w}, nil
	}
}

// response watches what is received; closing the body ends the watch.
func (w *watch) response(resp *http.Response) {
	resp.Body = &watchedReader{ReadCloser: resp.Body, watch: w, last: true}
}

type watchedReader struct {
	io.ReadCloser
	watch *watch
	last  bool
}

func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if n > 0 {
		r.watch.timer.Reset(r.watch.after)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // readers return it bare
		err = r.watch.explain(err)
	}
	return n, err
}

func (r *watchedReader) Close() error {
	err := r.ReadCloser.Close()
	if r.last {
		r.watch.stop()
	}
	return err
}
