package embedded

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	ctdsnapshot "github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/core/snapshots/storage"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
	"github.com/moby/buildkit/cache/remotecache"
	inlineremotecache "github.com/moby/buildkit/cache/remotecache/inline"
	localremotecache "github.com/moby/buildkit/cache/remotecache/local"
	registryremotecache "github.com/moby/buildkit/cache/remotecache/registry"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/frontend"
	dockerfile "github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/gateway/forwarder"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/disk"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/runc"
	bolt "go.etcd.io/bbolt"
)

// service is BuildKit's controller with one worker on runc.
type service struct {
	controller  *control.Controller
	workers     *workers
	snapshotter string
}

func newService(ctx context.Context, o Options) (*service, error) {
	sessions, err := session.NewManager()
	if err != nil {
		return nil, err
	}
	hosts := resolver.NewRegistryConfig(nil)
	snapshots := chooseSnapshotter(o.Root)
	workers, err := newWorkers(ctx, o, snapshots, hosts)
	if err != nil {
		return nil, err
	}
	w, err := workers.GetDefault()
	if err != nil {
		return nil, err
	}
	cache, err := bboltcachestorage.NewStore(filepath.Join(o.Root, "cache.db"))
	if err != nil {
		return nil, fmt.Errorf("open the cache database: %w", err)
	}
	// The history is a convenience of other clients; runs are recorded in the run folder. It needs no fsync, also not
	// at its end, where one without a freelist would be given it.
	history, err := boltutil.SafeOpen(filepath.Join(o.Root, "history.db"), 0o600, &bolt.Options{
		FreelistType: bolt.FreelistMapType, NoSync: true,
	})
	if err != nil {
		return nil, fmt.Errorf("open the history database: %w", err)
	}
	controller, err := control.NewController(control.Opt{
		SessionManager:   sessions,
		WorkerController: workers.Controller,
		// Files with another `# syntax=` than the built-in one would need a frontend image; there is no gateway.v0.
		Frontends: map[string]frontend.Frontend{
			"dockerfile.v0": forwarder.NewGatewayForwarder(workers.Infos(), dockerfile.Build),
		},
		ResolveCacheExporterFuncs: map[string]remotecache.ResolveCacheExporterFunc{
			"registry": registryremotecache.ResolveCacheExporterFunc(sessions, hosts),
			"local":    localremotecache.ResolveCacheExporterFunc(sessions),
			"inline":   inlineremotecache.ResolveCacheExporterFunc(),
		},
		ResolveCacheImporterFuncs: map[string]remotecache.ResolveCacheImporterFunc{
			"registry": registryremotecache.ResolveCacheImporterFunc(sessions, w.ContentStore(), hosts),
			"local":    localremotecache.ResolveCacheImporterFunc(sessions),
		},
		CacheManager:   solver.NewCacheManager(ctx, "local", cache, worker.NewCacheResultStorage(workers.Controller)),
		HistoryDB:      history,
		HistoryConfig:  &config.HistoryConfig{MaxEntries: new(int64(20))},
		CacheStore:     cache,
		LeaseManager:   w.LeaseManager(),
		ContentStore:   w.ContentStore(),
		GarbageCollect: w.GarbageCollect,
		GracefulStop:   ctx.Done(),
	})
	if err != nil {
		return nil, err
	}
	return &service{controller: controller, workers: workers, snapshotter: snapshots.Name}, nil
}

// chooseSnapshotter tries overlayfs with a mount, but not again where its snapshots are.
func chooseSnapshotter(root string) runc.SnapshotterFactory {
	_, err := os.Stat(filepath.Join(root, "runc-overlayfs"))
	if err == nil || overlayutils.Supported(root) == nil {
		return runc.SnapshotterFactory{Name: "overlayfs", New: func(dir string) (ctdsnapshot.Snapshotter, error) {
			return newOverlays(dir)
		}}
	}
	return runc.SnapshotterFactory{Name: "native", New: native.NewSnapshotter}
}

// newOverlays makes the snapshotter whose database is not written through to the disk (see guard).
func newOverlays(dir string) (ctdsnapshot.Snapshotter, error) {
	database, err := storage.NewMetaStore(filepath.Join(dir, snapshotsDatabase), func(o *bolt.Options) error {
		o.NoSync = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return overlay.NewSnapshotter(dir, overlay.AsynchronousRemove, overlay.WithMetaStore(database))
}

func gcPolicy(root string) []client.PruneInfo {
	space, err := disk.GetDiskStat(root)
	if err != nil {
		return nil
	}
	var policy []client.PruneInfo
	for _, rule := range config.DefaultGCPolicy(config.GCConfig{}, space) {
		policy = append(policy, client.PruneInfo{
			Filter: rule.Filters, All: rule.All, KeepDuration: rule.KeepDuration.Duration,
			ReservedSpace: rule.ReservedSpace.AsBytes(space),
			MaxUsedSpace:  rule.MaxUsedSpace.AsBytes(space),
			MinFreeSpace:  rule.MinFreeSpace.AsBytes(space),
		})
	}
	return policy
}

// buildkitVersion is the version of the BuildKit module in this program.
func buildkitVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/moby/buildkit" {
			return m.Version
		}
	}
	return ""
}
