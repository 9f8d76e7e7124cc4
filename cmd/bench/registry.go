//go:build linux

package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// startRegistry starts Debian's docker-registry on a free port of the loopback address.
func startRegistry(ctx context.Context, lab *Lab) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed in the next line
	if err != nil {
		return err
	}
	lab.Registry = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	config := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"+
		"storage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n", lab.Path("registry"), lab.Registry)
	if err := os.WriteFile(lab.Path("registry.yml"), []byte(config), 0o644); err != nil {
		return err
	}
	_, ended, stop, err := lab.Daemon("registry.log", "docker-registry", "serve", lab.Path("registry.yml"))
	if err != nil {
		return fmt.Errorf("start the registry: %w", err)
	}
	lab.Defer(stop)
	err = lab.await(ctx, "registry.log", ended, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+lab.Registry+"/v2/", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	})
	if err != nil {
		return fmt.Errorf("docker-registry: %w", err)
	}
	return nil
}

// image returns the image with a digest from the registry, once its config can be read.
func (l *Lab) image(ctx context.Context, repository, digest string) (v1.Image, error) {
	reference, err := name.NewDigest(repository+"@"+digest, name.Insecure)
	if err != nil {
		return nil, err
	}
	image, err := remote.Image(reference, remote.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("the pushed image: %w", err)
	}
	if _, err := image.ConfigFile(); err != nil {
		return nil, fmt.Errorf("the config of the pushed image: %w", err)
	}
	return image, nil
}

// pushParent puts the parent image into the registry, for tools that have no images of their own.
func pushParent(ctx context.Context, lab *Lab) error {
	layer, err := tarball.LayerFromFile(lab.Rootfs, tarball.WithCompressionLevel(gzip.BestSpeed), tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return err
	}
	config, err := empty.Image.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	image, err := mutate.ConfigFile(mutate.MediaType(empty.Image, types.OCIManifestSchema1), config)
	if err != nil {
		return err
	}
	if image, err = mutate.AppendLayers(image, layer); err != nil {
		return err
	}
	repository, err := name.NewRepository(lab.Registry+"/bench/parent", name.Insecure)
	if err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	lab.Parent = repository.Digest(digest.String()).String()
	if err := remote.Write(repository.Tag("1"), image, remote.WithContext(ctx)); err != nil {
		return fmt.Errorf("push the parent image: %w", err)
	}
	return nil
}

// fileOf reads a file of an image from the newest layer that has it.
func fileOf(image v1.Image, path string) (string, error) {
	list, err := image.Layers()
	if err != nil {
		return "", err
	}
	for _, layer := range slices.Backward(list) {
		text, err := fileOfLayer(layer, path)
		if !errors.Is(err, io.EOF) {
			return text, err
		}
	}
	return "", fmt.Errorf("the image has no %s", path)
}

// fileOfLayer reads a file of a layer; it is io.EOF if the layer has none of that path.
func fileOfLayer(layer v1.Layer, path string) (string, error) {
	contents, err := layer.Uncompressed()
	if err != nil {
		return "", err
	}
	defer func() { _ = contents.Close() }()
	archive := tar.NewReader(contents)
	for {
		header, err := archive.Next()
		if err != nil {
			return "", err
		}
		if "/"+strings.TrimPrefix(filepath.Clean(header.Name), "/") == path {
			text, err := io.ReadAll(archive)
			return string(text), err
		}
	}
}
