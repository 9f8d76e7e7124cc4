package embedded

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/diff/apply"
	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	ctdsnapshot "github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/moby/buildkit/cache/metadata"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/executor/runcexecutor"
	"github.com/moby/buildkit/exporter"
	"github.com/moby/buildkit/session"
	containerdsnapshot "github.com/moby/buildkit/snapshot/containerd"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/source/git"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/leaseutil"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	wlabel "github.com/moby/buildkit/worker/label"
	"github.com/moby/buildkit/worker/runc"
	"github.com/moby/sys/userns"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
	bolt "go.etcd.io/bbolt"

	"github.com/slipway-oci/slipway/builder/engine/embedded/layer"
)

// newWorkers makes the one worker. It does what runc.NewWorkerOpt does, but for two things that cost a short build
// more than its work: there is no proxy network, which would make itself a key at each start, and the databases are
// not written through to the disk at each of their many small transactions (see guard).
func newWorkers(ctx context.Context, o Options, snapshots runc.SnapshotterFactory, hosts docker.RegistryHosts) (*workers, error) {
	root := filepath.Join(o.Root, "runc-"+snapshots.Name)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	networks := map[pb.NetMode]network.Provider{
		pb.NetMode_UNSET: network.NewHostProvider(),
		pb.NetMode_HOST:  network.NewHostProvider(),
		pb.NetMode_NONE:  network.NewNoneProvider(),
	}
	monitor, err := resources.NewMonitor()
	if err != nil {
		return nil, err
	}
	containers, err := newExecutor(root, o.Runtime, networks, monitor)
	if err != nil {
		return nil, err
	}
	running := newExecutions(containers)
	opt := base.WorkerOpt{
		Root: root, NetworkProviders: networks, ResourceMonitor: monitor, Executor: running,
		MountPoolRoot: filepath.Join(root, "cachemounts"),
		Platforms:     supportedPlatforms(),
		GCPolicy:      gcPolicy(root), RegistryHosts: hosts,
		BuildkitVersion: client.BuildkitVersion{Package: "github.com/moby/buildkit", Version: buildkitVersion()},
	}
	if err := probePlatforms(opt.Platforms); err != nil {
		return nil, err
	}
	if opt.ID, err = base.ID(root); err != nil {
		return nil, err
	}
	opt.Labels = workerLabels(snapshots.Name)
	if err := openStores(root, snapshots, &opt); err != nil {
		return nil, err
	}
	differ := layer.NewDiffer(opt.ContentStore, contentFolder(root), o.Observe)
	opt.Differ = differ
	w, err := newWorker(ctx, opt)
	if err != nil {
		return nil, err
	}
	list := &workers{Controller: &worker.Controller{}, running: running, layers: differ}
	return list, list.Add(ourWorker{w, opt.Platforms, differ})
}

// newWorker makes BuildKit's worker without its look for git, which would run that program at each start of the builder.
// Git is looked for when something is to be cloned.
func newWorker(ctx context.Context, opt base.WorkerOpt) (*base.Worker, error) {
	silent := logrus.New() // it would warn of the missing git
	silent.SetOutput(io.Discard)
	var w *base.Worker
	if err := withVariable("PATH", "", func() (err error) {
		w, err = base.NewWorker(bklog.WithLogger(ctx, logrus.NewEntry(silent)), opt)
		return err
	}); err != nil {
		return nil, err
	}
	var err error
	if w.GitSource, err = git.NewSource(git.Opt{CacheAccessor: w.CacheMgr, RegistryHosts: opt.RegistryHosts}); err != nil {
		return nil, err
	}
	w.SourceManager.Register(w.GitSource)
	return w, nil
}

// withVariable does something while a variable of this process's environment has another value. It is for the time
// before the builder serves anybody.
func withVariable(name, value string, do func() error) error {
	before, was := os.LookupEnv(name)
	if err := os.Setenv(name, value); err != nil {
		return err
	}
	err := do()
	if was {
		return errors.Join(err, os.Setenv(name, before))
	}
	return errors.Join(err, os.Unsetenv(name))
}

// workers is the list of the one worker, with what has to be seen to when the builder ends.
type workers struct {
	*worker.Controller

	running *executions
	layers  *layer.Differ
}

// ourWorker is BuildKit's worker but for two answers.
type ourWorker struct {
	*base.Worker

	platforms []ocispecs.Platform
	layers    *layer.Differ
}

// Platforms lists the platforms that containers can have, the machine's own first. They were found at the start;
// BuildKit would look for them again for each client, by starting ten programs.
func (w ourWorker) Platforms(bool) []ocispecs.Platform { return w.platforms }

// Exporter gives BuildKit's exporters; those of images make layers our way.
func (w ourWorker) Exporter(name string, sessions *session.Manager) (exporter.Exporter, error) {
	e, err := w.Worker.Exporter(name, sessions)
	if err != nil {
		return nil, err
	}
	switch name {
	case client.ExporterOCI, client.ExporterDocker, client.ExporterImage:
		local, err := w.Worker.Exporter(client.ExporterImage, sessions)
		return layersFirst{e, w.layers, local}, err
	default:
		return e, nil
	}
}

func contentFolder(root string) string { return filepath.Join(root, "content") }

func newExecutor(root, runtime string, networks map[pb.NetMode]network.Provider, monitor *resources.Monitor) (executor.Executor, error) {
	var candidates []string
	if runtime != "" {
		candidates = []string{runtime}
	}
	return runcexecutor.New(runcexecutor.Opt{
		Root: filepath.Join(root, "executor"), CommandCandidates: candidates, Rootless: userns.RunningInUserNS(),
		ProcessMode: oci.ProcessSandbox, ResourceMonitor: monitor,
	}, networks)
}

func workerLabels(snapshotter string) map[string]string {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	return map[string]string{
		wlabel.Executor: "oci", wlabel.Snapshotter: snapshotter, wlabel.Hostname: hostname, wlabel.Network: "host",
		wlabel.OCIProcessMode: oci.ProcessSandbox.String(), wlabel.SELinuxEnabled: "false",
	}
}

// openStores opens what the worker keeps on disk: content, snapshots and the databases about them.
func openStores(root string, snapshots runc.SnapshotterFactory, opt *base.WorkerOpt) error {
	snapshotter, err := snapshots.New(filepath.Join(root, "snapshots"))
	if err != nil {
		return err
	}
	content, err := local.NewStore(contentFolder(root))
	if err != nil {
		return err
	}
	db, err := boltutil.Open(filepath.Join(root, "containerdmeta.db"), 0o644, &bolt.Options{
		FreelistType: bolt.FreelistMapType, NoFreelistSync: true, NoSync: true,
	})
	if err != nil {
		return err
	}
	meta := ctdmetadata.NewDB(db, content, map[string]ctdsnapshot.Snapshotter{snapshots.Name: snapshotter})
	if err := meta.Init(context.Background()); err != nil {
		return err
	}
	if opt.MetadataStore, err = metadata.NewStore(filepath.Join(root, "metadata_v2.db")); err != nil {
		return err
	}
	if err := opt.MetadataStore.DB().View(func(tx *bolt.Tx) error {
		tx.DB().NoSync = true
		return nil
	}); err != nil {
		return err
	}
	store := containerdsnapshot.NewContentStore(meta.ContentStore(), "buildkit")
	opt.ContentMetadata = db
	opt.ContentStore = store
	opt.Snapshotter = withVolatile(containerdsnapshot.NewSnapshotter(snapshots.Name, meta.Snapshotter(snapshots.Name), "buildkit", nil))
	opt.Applier = apply.NewFileSystemApplier(store)
	opt.LeaseManager = leaseutil.WithNamespace(ctdmetadata.NewLeaseManager(meta), "buildkit")
	opt.GarbageCollect = meta.GarbageCollect
	return nil
}
