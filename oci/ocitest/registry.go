package ocitest

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Server is a registry for a test. It listens on 127.0.0.1 and ends with the test.
type Server struct {
	// Host is its address as references have it, "127.0.0.1:12345".
	Host string

	mu       sync.Mutex
	requests []Request
}

// Request is a request that a Server received.
type Request struct {
	Method string
	Path   string
	Query  string
	Header http.Header
	Status int // of the answer; 0 when the connection was cut
}

// Registry starts an empty registry in this process. What it receives is recorded.
func Registry(tb testing.TB) *Server {
	tb.Helper()
	return Serve(tb, registry.New(registry.Logger(log.New(io.Discard, "", 0))))
}

// Serve starts an HTTP server with any handler and records what it receives.
func Serve(tb testing.TB, handler http.Handler) *Server {
	tb.Helper()
	s := &Server{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		recorder := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() { // also when the handler aborts the connection
			s.record(Request{Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery, Header: req.Header.Clone(), Status: recorder.status})
		}()
		handler.ServeHTTP(recorder, req)
	}))
	tb.Cleanup(server.Close)
	s.Host = strings.TrimPrefix(server.URL, "http://")
	return s
}

// Requests returns what was received since the start or the last Reset.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count returns how many requests of a method had a path that contains a text. An empty method or text matches all.
func (s *Server) Count(method, path string) int {
	n := 0
	for _, r := range s.Requests() {
		if (method == "" || r.Method == method) && strings.Contains(r.Path, path) {
			n++
		}
	}
	return n
}

// Reset forgets the requests received so far.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
