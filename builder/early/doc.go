// Package early is for work that a program does before its other packages are initialized. It imports nothing but
// runtime and syscall, and so does who uses it: Go initializes a package as soon as those that it imports are, in the
// order of the import paths.
package early
