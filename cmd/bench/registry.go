//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
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

// checkPushed asks the registry for the manifest with digest and for its config.
func checkPushed(ctx context.Context, repository, digest string) error {
	reference, err := name.NewDigest(repository+"@"+digest, name.Insecure)
	if err != nil {
		return err
	}
	image, err := remote.Image(reference, remote.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("the pushed image: %w", err)
	}
	if _, err := image.ConfigFile(); err != nil {
		return fmt.Errorf("the config of the pushed image: %w", err)
	}
	return nil
}
