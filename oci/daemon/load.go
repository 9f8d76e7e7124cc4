package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// Loaded says how an image got into the engine.
type Loaded struct {
	ID      v1.Hash // the engine's name for the image
	Present bool    // it was there; only its names may be new
	Sent    int     // layers that were sent
	Skipped int     // layers that the engine had and that were not sent
	Bytes   int64   // sent
}

// Load gives the engine an image of the store under names. Of an index it is the image for the engine's platform. A
// Docker Engine is not sent the lowest layers that another of its images has; Podman, and engines with the containerd
// image store, take whole images only. What arrived is compared with the image before it gets its names.
func (c *Client) Load(ctx context.Context, img store.Image, names []ref.Ref) (Loaded, error) {
	e, err := c.about(ctx)
	if err != nil {
		return Loaded{}, err
	}
	if img, err = img.Select(v1.Platform{OS: e.os, Architecture: e.arch}); err != nil {
		return Loaded{}, err
	}
	w := wanted{manifest: img.Digest()}
	m, err := img.Manifest()
	if err != nil {
		return Loaded{}, err
	}
	config, err := img.Config()
	if err != nil {
		return Loaded{}, err
	}
	w.config, w.diffIDs = m.Config.Digest, config.RootFS.DiffIDs
	loaded, err := c.send(ctx, e, img, w)
	if err != nil {
		return loaded, err
	}
	for _, name := range names {
		if err := c.tag(ctx, loaded.ID, name); err != nil {
			return loaded, fmt.Errorf("name %q: %w", Name(name), err)
		}
	}
	return loaded, nil
}

// wanted is what the engine must have in the end.
type wanted struct {
	manifest, config v1.Hash
	diffIDs          []v1.Hash
}

// send makes sure that the engine has the image.
func (c *Client) send(ctx context.Context, e *engine, img store.Image, w wanted) (Loaded, error) {
	if info, err := c.find(ctx, w); err == nil {
		return Loaded{ID: info.ID, Present: true, Skipped: len(w.diffIDs)}, nil
	} else if !isNotFound(err) {
		return Loaded{}, err
	}
	without := 0
	if !e.podman && !e.containerd {
		var err error
		if without, err = c.commonLayers(ctx, w.diffIDs); err != nil {
			return Loaded{}, err
		}
	}
	n, err := c.transfer(ctx, e, img, without)
	if err != nil && without > 0 && ctx.Err() == nil {
		// Another process may have removed the image with these layers meanwhile.
		without = 0
		n, err = c.transfer(ctx, e, img, without)
	}
	if err != nil {
		return Loaded{}, err
	}
	info, err := c.find(ctx, w)
	if isNotFound(err) {
		return Loaded{}, &wrongImageError{want: w.config}
	}
	return Loaded{ID: info.ID, Sent: len(w.diffIDs) - without, Skipped: without, Bytes: n}, err
}

// find looks for the image under the ids that it can have, and makes sure that it has its layers.
func (c *Client) find(ctx context.Context, w wanted) (Info, error) {
	info, err := c.inspect(ctx, w.config.String())
	if isNotFound(err) {
		info, err = c.inspect(ctx, w.manifest.String())
	}
	if err == nil && !slices.Equal(info.DiffIDs, w.diffIDs) {
		err = &wrongImageError{want: w.config}
	}
	return info, err
}

func isNotFound(err error) bool {
	var e *NotFoundError
	return errors.As(err, &e)
}

// commonLayers says how many layers, from the bottom, some image of the engine has too.
func (c *Client) commonLayers(ctx context.Context, diffIDs []v1.Hash) (int, error) {
	resp, err := c.call(ctx, http.MethodGet, "/images/json", url.Values{"all": {"1"}}, nil)
	if err != nil {
		return 0, err
	}
	var images []struct {
		ID string `json:"Id"`
	}
	if err := decode(resp, &images); err != nil {
		return 0, fmt.Errorf("the engine's images: %w", err)
	}
	most := 0
	for _, image := range images {
		info, err := c.inspect(ctx, image.ID)
		if isNotFound(err) { // removed meanwhile
			continue
		}
		if err != nil {
			return 0, err
		}
		n := 0
		for n < min(len(diffIDs), len(info.DiffIDs)) && diffIDs[n] == info.DiffIDs[n] {
			n++
		}
		most = max(most, n)
	}
	return most, nil
}

// transfer sends an archive and returns its length.
func (c *Client) transfer(ctx context.Context, e *engine, img store.Image, without int) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, w := io.Pipe()
	counted := &countingWriter{w: w}
	written := make(chan error, 1)
	go func() {
		var err error
		if e.podman || e.containerd { // these keep the manifest too
			img.Name = ""
			err = img.Store().Save(ctx, counted, img)
		} else {
			err = img.Store().SaveDocker(ctx, counted, img, without)
		}
		written <- err
		_ = w.CloseWithError(err)
	}()
	resp, err := c.call(ctx, http.MethodPost, "/images/load", url.Values{"quiet": {"1"}}, r)
	if err == nil {
		err = readStory(resp)
	}
	_ = r.Close() // an engine that refused stopped reading
	if saved := <-written; saved != nil && !errors.Is(saved, io.ErrClosedPipe) {
		return counted.n, saved
	}
	return counted.n, err
}

// readStory reads what the engine tells while it loads; an error is told in it too.
func readStory(resp *http.Response) error {
	defer resp.Body.Close()
	decoder := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	for {
		var line struct{ Error string }
		err := decoder.Decode(&line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the engine's answer: %w", err)
		case line.Error != "":
			return &apiError{status: http.StatusOK, message: line.Error}
		}
	}
}

func (c *Client) tag(ctx context.Context, id v1.Hash, name ref.Ref) error {
	query := url.Values{"repo": {repository(name)}, "tag": {name.Tag}}
	resp, err := c.call(ctx, http.MethodPost, "/images/"+id.String()+"/tag", query, nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.n += int64(n)
	return n, err
}

// wrongImageError says that the engine has not what it was given.
type wrongImageError struct{ want v1.Hash }

func (e *wrongImageError) Error() string {
	return fmt.Sprintf("the engine took the image and does not have it: no image with the id %s and its layers", e.want)
}
