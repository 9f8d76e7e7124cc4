package test

import (
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/oci/store"
)

// serviceOf is the image's own process: ready when its HEALTHCHECK succeeds, or without one when the lowest TCP port
// that the image exposes accepts connections. An image without entrypoint and command idles.
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
	s.Port, s.Health = firstPort(c.ExposedPorts), healthOf(c.Healthcheck)
	return s, nil
}

func firstPort(exposed map[string]struct{}) int {
	first := 0
	for port := range exposed {
		number, protocol, _ := strings.Cut(port, "/")
		if n, err := strconv.Atoi(number); err == nil && (protocol == "" || protocol == "tcp") && (first == 0 || n < first) {
			first = n
		}
	}
	return first
}

// healthOf reads a HEALTHCHECK (Docker image specification 1.2).
func healthOf(check *v1.HealthConfig) engine.Health {
	if check == nil || len(check.Test) < 2 {
		return engine.Health{}
	}
	h := engine.Health{Interval: check.Interval, Timeout: check.Timeout, StartPeriod: check.StartPeriod, Retries: check.Retries}
	switch check.Test[0] {
	case "CMD":
		h.Command = check.Test[1:]
	case "CMD-SHELL":
		h.Command = []string{"/bin/sh", "-c", check.Test[1]}
	}
	return h
}
