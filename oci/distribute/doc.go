// Package distribute brings one image to many targets. Send is the entry point: it takes the tested digest from the
// image store and returns an outcome for every target, in their order. One target that fails does not stop the
// others, and a second Send transfers only what is missing.
//
// A Target is a place: Registry is a repository with its tags, Layout a folder. What may fail and pass is tried again
// by the target itself (for registries by registry.Retry); retrying a whole target is WithRetry.
package distribute
