// Package layer makes the layers of images in the embedded builder: what a snapshot changed becomes a tar stream, is
// compressed on all cores while it is read, and lies on the disk once. BuildKit's own differ does the same on one
// core; the streams are equal byte for byte.
//
// Entry points: Differ is what the builder's worker makes layers with, Faster gives BuildKit's compressions more cores,
// and Differ.LinkImage brings finished images into an image store.
package layer
