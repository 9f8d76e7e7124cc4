package ocitest

import (
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Fault is something that goes wrong with matching requests, a number of times.
type Fault struct {
	// Method and Path choose requests: the exact method and a part of the path. Empty matches all.
	Method, Path string
	// Times is how often the fault happens; 0 means once, a negative number always.
	Times int
	// Status is answered instead of asking the registry; 0 leaves the answer alone.
	Status int
	// Header is added to that answer.
	Header http.Header
	// Body is that answer.
	Body string
	// CutUpload breaks the connection after that many bytes of the request's body, and CutDownload after that many
	// of the answer's. 0 does not break it. A request whose body is not longer is not met by CutUpload.
	CutUpload, CutDownload int64
	// Hang gives no answer until the client goes away.
	Hang bool
	// Corrupt changes the first byte of the answer's body.
	Corrupt bool
}

// Faults is a proxy before a registry that does what its faults say, in order, and passes everything else on.
type Faults struct {
	*Server

	mu     sync.Mutex
	host   string
	faults []Fault
}

// FaultProxy starts a proxy before the registry at host ("127.0.0.1:5000").
func FaultProxy(tb testing.TB, host string, faults ...Fault) *Faults {
	tb.Helper()
	f := &Faults{host: host}
	f.Set(faults...)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { // the Host header stays, so that locations lead back here
			r.SetURL(f.target())
			r.Out.Host = r.In.Host
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	f.Server = Serve(tb, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { f.serve(w, req, proxy) }))
	return f
}

// Set replaces the faults.
func (f *Faults) Set(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
	for _, fault := range faults {
		if fault.Times == 0 {
			fault.Times = 1
		}
		f.faults = append(f.faults, fault)
	}
}

// take returns the first fault that a request meets and uses it up.
func (f *Faults) take(req *http.Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range f.faults {
		fault := &f.faults[n]
		if fault.Times == 0 || fault.Method != "" && fault.Method != req.Method || !strings.Contains(req.URL.Path, fault.Path) {
			continue
		}
		if fault.CutUpload > 0 && req.ContentLength >= 0 && req.ContentLength <= fault.CutUpload {
			continue
		}
		if fault.Times > 0 {
			fault.Times--
		}
		return *fault, true
	}
	return Fault{}, false
}

func (f *Faults) serve(w http.ResponseWriter, req *http.Request, next http.Handler) {
	fault, found := f.take(req)
	switch {
	case !found:
		next.ServeHTTP(w, req)
	case fault.Hang:
		if _, err := io.Copy(io.Discard, req.Body); err == nil { // the server looks for the client's end behind the body only
			<-req.Context().Done()
		}
		panic(http.ErrAbortHandler)
	case fault.Status != 0:
		maps.Copy(w.Header(), fault.Header)
		w.WriteHeader(fault.Status)
		_, _ = io.WriteString(w, fault.Body)
	case fault.CutUpload > 0:
		_, _ = io.CopyN(io.Discard, req.Body, fault.CutUpload)
		panic(http.ErrAbortHandler)
	case fault.CutDownload > 0:
		next.ServeHTTP(&cutWriter{ResponseWriter: w, left: fault.CutDownload}, req)
	case fault.Corrupt:
		next.ServeHTTP(&corruptWriter{ResponseWriter: w}, req)
	default:
		next.ServeHTTP(w, req)
	}
}

// cutWriter breaks the connection in the middle of a body.
type cutWriter struct {
	http.ResponseWriter
	left int64
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if int64(len(p)) < w.left {
		w.left -= int64(len(p))
		return w.ResponseWriter.Write(p)
	}
	_, _ = w.ResponseWriter.Write(p[:w.left])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// corruptWriter changes the first byte of a body.
type corruptWriter struct {
	http.ResponseWriter
	done bool
}

func (w *corruptWriter) Write(p []byte) (int, error) {
	if w.done || len(p) == 0 {
		return w.ResponseWriter.Write(p)
	}
	w.done = true
	changed := append([]byte{p[0] ^ 0xff}, p[1:]...)
	return w.ResponseWriter.Write(changed)
}

// Forward sends what comes from now on to another registry.
func (f *Faults) Forward(host string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.host = host
}

func (f *Faults) target() *url.URL {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &url.URL{Scheme: "http", Host: f.host}
}
