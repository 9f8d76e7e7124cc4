// Package integration tests the built programs the way people use them; there is nothing in it but tests. See
// main_test.go.
package integration
