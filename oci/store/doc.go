// Package store keeps images on disk, in a folder that is an OCI image layout: oci-layout, index.json and
// blobs/sha256. Any tool that reads layouts can read it beside us ("skopeo inspect oci:DIR:NAME:TAG").
//
// Open is the entry point. An image is its digest; names (NAME:TAG) only point at one and live as annotations of
// the entries in index.json, as does the outcome of an image's tests. Any number of processes may use one folder:
// index.json changes under a file lock and by an atomic rename, blobs appear only when they are complete, and
// readers need no lock.
//
// The package does not speak to registries (oci/registry does) and decides nothing about when to delete: Prune is
// called by whoever knows that.
package store
