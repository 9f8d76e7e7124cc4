// Package daemon takes images from the local Docker Engine into the image store and gives it images of the store, over
// the engine's HTTP API; Podman's Docker-compatible socket answers the same API. Entry points are Open, Client.Inspect,
// Client.Import and Client.Load.
//
// An engine names an image by its id. For most engines that is the digest of the config, and so the same for an image
// in the engine and in the store; engines with the containerd image store use the digest of the manifest or index.
package daemon
