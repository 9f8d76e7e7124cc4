// Package standby starts the process of the embedded builder as early as a program can: before the other packages of
// the program are initialized, which takes as long in the builder's process as in this one. Both then do it at the same
// time. The process waits for its orders, and ends when there are none.
//
// It works since Go initializes a package as soon as those that it imports are, in the order of the import paths, and
// this one imports sync and syscall only.
package standby
