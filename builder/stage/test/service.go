package test

import (
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/oci/store"
)

// serviceOf is the image's own process. It counts as ready when its exposed TCP ports are listened on and its
// HEALTHCHECK succeeds. An image without entrypoint and command idles.
func serviceOf(image store.Image) (*engine.Service, error) {
	config, err := image.Config()
	if err != nil {
		return nil, err
	}
	c := config.Config
	s := &engine.Service{Args: slices.Concat(c.Entrypoint, c.Cmd), Env: c.Env, User: c.User, Dir: c.WorkingDir}
	if len(s.Args) == 0 {
		return &engine.Service{Args: engine.IdleCommand(), Env: c.Env}, nil
	}
	for port := range c.ExposedPorts {
		number, protocol, _ := strings.Cut(port, "/")
		if n, err := strconv.Atoi(number); err == nil && (protocol == "" || protocol == "tcp") {
			s.Ports = append(s.Ports, n)
		}
	}
	slices.Sort(s.Ports)
	s.Health = healthCommand(c.Healthcheck)
	return s, nil
}

// healthCommand is the command of a HEALTHCHECK (Docker image specification 1.2).
func healthCommand(check *v1.HealthConfig) []string {
	if check == nil || len(check.Test) < 2 {
		return nil
	}
	switch check.Test[0] {
	case "CMD":
		return check.Test[1:]
	case "CMD-SHELL":
		return []string{"/bin/sh", "-c", check.Test[1]}
	default:
		return nil
	}
}
