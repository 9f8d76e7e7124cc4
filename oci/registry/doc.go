// Package registry speaks the OCI distribution protocol: it resolves, pulls and pushes images between registries
// and the image store. New makes a Client; one Client serves all registries of a process and is safe for concurrent
// use.
//
// Four rules shape it. Nothing is sent twice: a push of what is already there is one HEAD request, and an
// interrupted pull goes on in the middle of a layer. What was pushed is read back and its digest compared. Every
// failure that can pass is tried again, by one policy (Retry). And no error, however it was caused, carries a
// credential, a token or the query of a URL.
package registry
