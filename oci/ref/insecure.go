package ref

import (
	"net"
	"net/netip"
	"strings"
)

// IsLoopback reports whether a registry host (with or without port) is this machine by its name or address:
// "localhost" and names under it, 127.0.0.0/8 and ::1. Such a registry is spoken to in plain http without a flag.
// Private networks (10.0.0.0/8 and the like) are not loopback: whoever listens there could be anyone.
func IsLoopback(host string) bool {
	name := hostname(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

// Hosts is a list of registry hosts for which a user allowed plain http or unverified TLS.
type Hosts []string

// Contains reports whether host is in the list. An entry without a port means every port of that host.
func (h Hosts) Contains(host string) bool {
	host = strings.ToLower(host)
	for _, entry := range h {
		entry = strings.ToLower(strings.TrimSuffix(entry, "/"))
		if entry == host || entry == hostname(host) {
			return true
		}
	}
	return false
}

func hostname(host string) string {
	host = strings.ToLower(host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
