// Package ref parses the references with which people name images: a registry reference, or one with a transport
// in front ("store:", "oci-layout:", "docker-daemon:", or the word "scratch"). Parse is the entry point.
//
// A Ref is only a name. Nothing here touches a network or a disk; oci/registry and oci/store turn a Ref into an image.
package ref
