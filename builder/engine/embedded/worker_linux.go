package embedded

import (
	"context"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/diff/apply"
	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	ctdsnapshot "github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/diff/walking"
	"github.com/moby/buildkit/cache/metadata"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/executor/runcexecutor"
	containerdsnapshot "github.com/moby/buildkit/snapshot/containerd"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/leaseutil"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	wlabel "github.com/moby/buildkit/worker/label"
	"github.com/moby/buildkit/worker/runc"
	"github.com/moby/sys/userns"
	bolt "go.etcd.io/bbolt"
)

// newWorkers makes the one worker. It does what runc.NewWorkerOpt does, but for two things that cost a short build
// more than its work: there is no proxy network, which would make itself a key at each start, and the databases are
// not written through to the disk at each of their many small transactions (see guard).
func newWorkers(ctx context.Context, root, runtime string, snapshots runc.SnapshotterFactory, hosts docker.RegistryHosts) (*worker.Controller, *executions, error) {
	root = filepath.Join(root, "runc-"+snapshots.Name)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, nil, err
	}
	networks := map[pb.NetMode]network.Provider{
		pb.NetMode_UNSET: network.NewHostProvider(),
		pb.NetMode_HOST:  network.NewHostProvider(),
		pb.NetMode_NONE:  network.NewNoneProvider(),
	}
	monitor, err := resources.NewMonitor()
	if err != nil {
		return nil, nil, err
	}
	containers, err := newExecutor(root, runtime, networks, monitor)
	if err != nil {
		return nil, nil, err
	}
	running := newExecutions(containers)
	opt := base.WorkerOpt{
		Root: root, NetworkProviders: networks, ResourceMonitor: monitor, Executor: running,
		MountPoolRoot: filepath.Join(root, "cachemounts"),
		Platforms:     supportedPlatforms(),
		GCPolicy:      gcPolicy(root), RegistryHosts: hosts,
		BuildkitVersion: client.BuildkitVersion{Package: "github.com/moby/buildkit", Version: buildkitVersion()},
	}
	if opt.ID, err = base.ID(root); err != nil {
		return nil, nil, err
	}
	opt.Labels = workerLabels(snapshots.Name)
	if err := openStores(root, snapshots, &opt); err != nil {
		return nil, nil, err
	}
	w, err := base.NewWorker(ctx, opt)
	if err != nil {
		return nil, nil, err
	}
	workers := &worker.Controller{}
	return workers, running, workers.Add(knownPlatforms{w, opt.Platforms})
}

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
	content, err := local.NewStore(filepath.Join(root, "content"))
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
	opt.Snapshotter = containerdsnapshot.NewSnapshotter(snapshots.Name, meta.Snapshotter(snapshots.Name), "buildkit", nil)
	opt.Applier = apply.NewFileSystemApplier(store)
	opt.Differ = walking.NewWalkingDiff(store)
	opt.LeaseManager = leaseutil.WithNamespace(ctdmetadata.NewLeaseManager(meta), "buildkit")
	opt.GarbageCollect = meta.GarbageCollect
	return nil
}
