// Package standby starts the process of the embedded builder as early as a program can: before the other packages of
// the program are initialized, which takes as long in the builder's process as in this one. Both then do it at the same
// time. The process waits for its orders, and ends when there are none.
//
// Package early says how it works; this one imports sync and syscall besides.
package standby
