package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/moby/buildkit/cache"
	cacheconfig "github.com/moby/buildkit/cache/config"
	"github.com/moby/buildkit/exporter"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/util/compression"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine/embedded/layer"
)

// layersFirst is an exporter of images for which the missing layers have been made our way when BuildKit's exporter
// begins: it finds them there.
type layersFirst struct {
	exporter.Exporter

	differ *layer.Differ
	// local makes an image in the builder's own content store.
	local exporter.Exporter
}

// Resolve reads the attributes of one export.
func (e layersFirst) Resolve(ctx context.Context, id int, attrs map[string]string) (exporter.ExporterInstance, error) {
	attrs = maps.Clone(attrs)
	store := attrs[layer.StoreAttribute]
	delete(attrs, layer.StoreAttribute)
	instance, err := e.Exporter.Resolve(ctx, id, attrs)
	if err != nil {
		return nil, err
	}
	c, err := compression.ParseAttributes(attrs)
	if err != nil {
		return nil, err
	}
	i := &layersFirstInstance{ExporterInstance: instance, differ: e.differ, compression: layer.Faster(c), store: store}
	if store != "" {
		delete(attrs, "tar") // of the exporter that sends
		i.local, err = e.local.Resolve(ctx, id, attrs)
	}
	return i, err
}

type layersFirstInstance struct {
	exporter.ExporterInstance

	differ      *layer.Differ
	compression compression.Config
	store       string                    // the folder of the image store, "" when it is not on this machine
	local       exporter.ExporterInstance // nil without store
}

// Export makes the layers, and the image from them.
func (i *layersFirstInstance) Export(ctx context.Context, src *exporter.Source, build exporter.ExportBuildInfo) (
	map[string]string, exporter.FinalizeFunc, exporter.DescriptorReference, error,
) {
	layers, err := i.layers(ctx, src, build.SessionID)
	if err != nil {
		return nil, nil, nil, err
	}
	response, finalize, ref, err := i.export(ctx, src, build)
	if err == nil {
		err = i.addReports(response, layers)
	}
	return response, finalize, ref, err
}

// export links the image into the image store, or sends there what cannot be linked.
func (i *layersFirstInstance) export(ctx context.Context, src *exporter.Source, build exporter.ExportBuildInfo) (
	map[string]string, exporter.FinalizeFunc, exporter.DescriptorReference, error,
) {
	if i.local != nil {
		response, finalize, ref, err := i.local.Export(ctx, src, build)
		if err != nil {
			return nil, nil, nil, err
		}
		whole, err := i.differ.LinkImage(ref.Descriptor(), i.store)
		if whole && err == nil {
			return response, finalize, ref, nil
		}
		if err = errors.Join(err, ref.Release()); err != nil {
			return nil, nil, nil, fmt.Errorf("link the image into the image store: %w", err)
		}
	}
	return i.ExporterInstance.Export(ctx, src, build)
}

// layers makes the layers that are missing and returns all of them.
func (i *layersFirstInstance) layers(ctx context.Context, src *exporter.Source, sessionID string) ([]ocispecs.Descriptor, error) {
	var refs []cache.ImmutableRef
	if src.Ref != nil {
		refs = append(refs, src.Ref)
	}
	for _, ref := range src.Refs {
		if ref != nil {
			refs = append(refs, ref)
		}
	}
	var layers []ocispecs.Descriptor
	for _, ref := range refs {
		config := cacheconfig.RefConfig{Compression: i.compression}
		remotes, err := ref.GetRemotes(ctx, true, config, false, session.NewGroup(sessionID))
		if err != nil {
			return nil, err
		}
		for _, remote := range remotes {
			layers = append(layers, remote.Descriptors...)
		}
	}
	return layers, nil
}

// addReports tells the client what was seen of the layers while they were made.
func (i *layersFirstInstance) addReports(response map[string]string, layers []ocispecs.Descriptor) error {
	reports := map[digest.Digest]json.RawMessage{}
	for _, l := range layers {
		if report := i.differ.Report(l.Digest); report != nil {
			reports[l.Digest] = report
		}
	}
	if len(reports) == 0 {
		return nil
	}
	text, err := json.Marshal(reports)
	response[layer.ReportsKey] = string(text)
	return err
}
