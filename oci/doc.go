// Package oci is the root of what handles images without building them: ref, store, registry and distribute. It holds
// nothing itself.
package oci
