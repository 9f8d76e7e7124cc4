// Package expr reads and evaluates the two small languages inside component documents: references ("{{ Name }}",
// chapter 2 of the component-document reference) and conditions (chapter 4).
//
// Scan finds the references of a text and Expand puts their values in place; an Evaluator decides a Condition. The
// package does no I/O of its own: what references stand for comes from a Resolver, what is on disk from a Probe. It
// knows nothing of YAML, phases or steps, so whether a reference may stand where it does is for package document.
package expr
