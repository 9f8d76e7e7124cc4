package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// Image is an image in the image store.
type Image struct {
	Digest digest.Digest // of its manifest
	Config []byte        // the image config, JSON
}

// Component is one component to run, ready for the runner.
type Component struct {
	// Title names the component in the history of the image and in the builder's progress.
	Title string
	// Files are what the runner finds in its component folder; Config must be among them.
	Files map[string][]byte
	// Fetches says that the runner itself may talk to others for the component's steps: it finds the machine's certificate
	// authorities then.
	Fetches bool
	// NoCache runs the component even if its result is known, and with it all that stands behind it.
	NoCache bool
	// Secrets are the names of those that the component may read, as files in /run/secrets while it runs.
	Secrets []string
}

// ParentContext is the name by which the parts of a Template call the parent image.
const ParentContext = "slipway-parent"

// ComponentFolder is where a component finds its files in the build stage.
const ComponentFolder = runnerbin.ComponentDir

// Config is the file in a component's folder that the runner is started with (`run --config`).
const Config = "config.json"

// LogDirectory is where the runner writes its log folder in a container, as AWSTOE does.
const LogDirectory = "/var/lib/amazon/toe"

// BuildSpec is one image to build: a parent, a template around the components, and the components.
type BuildSpec struct {
	Platform ocispecs.Platform
	Parent   *Image // nil for an empty file system
	Store    content.Store
	// StoreFolder is where Store is on this machine. The embedded builder links layers into it.
	StoreFolder string
	Template    Template
	// Context is the folder for COPY and ADD in the template; "" for an empty one.
	Context    string
	Components []Component
	// Args gives the build arguments that components see, NAME=VALUE, from the environment of the image before the
	// components. They are not part of the image. It may be nil.
	Args func(environment []string) ([]string, error)
	// Labels are set on the image unless the template sets them.
	Labels      map[string]string
	Compression string // gzip, zstd, estargz, uncompressed; empty means gzip
	// Epoch bounds the times in the image config and its history, so that they do not tell when it was built.
	Epoch time.Time
	// Secrets are the values by name. They are in no cache key: a changed value alone runs nothing again.
	Secrets map[string][]byte
	// CacheFrom and CacheTo are further caches to read from and write to, in BuildKit's words.
	CacheFrom, CacheTo []Cache
	// LogFolder gives the local folder that receives the log files of component i.
	LogFolder func(i int) (string, error)
	// KeepFailed receives the file system as failed component i left it, a tar stream, and the environment of its
	// steps; nil keeps nothing.
	KeepFailed func(i int, env []string, rootfs io.Reader) error
	// Reports are kept of every component, nil for none.
	Reports *Reports
}

// Cache is a build cache outside the builder: "registry" with ref, "local" with src or dest, and so on.
type Cache struct {
	Type  string
	Attrs map[string]string
}

// Template is a Dockerfile cut at the place of the components.
type Template struct {
	// Prefix is the Dockerfile text before the components; its stage Target holds the file system they start from.
	// Empty means that they start from the parent itself.
	Prefix, Target string
	// Suffix is the Dockerfile text behind the components. The stage with the components begins with a FROM of the
	// build context SuffixContext. Empty means that their result is the image.
	Suffix string
	// SuffixContext is the name by which Suffix calls the result of the components. The parent is ParentContext in
	// both, or scratch.
	SuffixContext string
	// NoCache runs all of its instructions again.
	NoCache bool
	// File names the template in messages, and FirstLine is the number of its first line there.
	File      string
	FirstLine int
}

// Progress receives what happens while an engine works. Its methods are called one at a time.
type Progress interface {
	// ComponentStarted says that component i has begun to run.
	ComponentStarted(i int, at time.Time)
	// ComponentCached says that component i was taken from the cache and that its log folder has been read.
	ComponentCached(i int)
	// ComponentOutput passes on the runner's event stream of component i. It may have gaps: the log folder is the
	// truth.
	ComponentOutput(i int, data []byte)
	// Work tells of what is not a component: a template instruction, a download. It is called at its start and end,
	// and in between with Current and Total.
	Work(w Work)
}

// Work is something the builder does besides running components.
type Work struct {
	ID             string // the same for all calls of one work
	Name           string
	Current, Total int64 // bytes, where they are known
	Started, Ended *time.Time
	Cached         bool
	Output         []byte // a piece of what it printed
	Err            string
}

// Committed is an exported image: all its blobs are in the store.
type Committed struct {
	Digest       digest.Digest
	ConfigDigest digest.Digest
	Descriptor   ocispecs.Descriptor
	// Reports are what the builder's observer said of layers that it made; others are missing.
	Reports map[digest.Digest]json.RawMessage
}

// ComponentState is how component i ended in the build stage.
type ComponentState struct {
	Cached         bool
	Started, Ended time.Time // zero when it did not run
	// HasLogs says whether its log folder was read.
	HasLogs bool
}

// TestFolder is where component i of a TestSpec finds its files.
func TestFolder(i int) string { return fmt.Sprintf("%s/%02d", runnerbin.ComponentDir, i+1) }

// IdleCommand is a process 1 that only reaps, for images that have no process of their own.
func IdleCommand() []string { return []string{runnerbin.Program, "idle"} }
