//go:build linux

package main

import "fmt"

// lastOfFive is what a change at the end costs: four components come from the cache, one runs for a second.
func lastOfFive() Case {
	var components []Component
	for i := range 4 {
		components = append(components, Component{
			Name:     fmt.Sprintf("part-%d", i+1),
			Commands: []string{fmt.Sprintf("sleep 1 && mkdir -p /srv/bench && echo done > /srv/bench/part-%d", i+1)},
		})
	}
	components = append(components, Component{
		Name:     "part-5",
		Commands: []string{"sleep 1 && echo " + Run + " > /srv/bench/part-5"},
		Changing: true,
	})
	return Case{
		Name:  "last-of-five",
		Title: "last of five one-second components changed",
		Goals: []Goal{{Peer: "packer", Ratio: 0.16}, {Peer: "docker", Ratio: 1}, {Ratio: 1}},
		Runs:  3,
		Work:  Work{Components: components, File: "/srv/bench/part-5", Content: Run},
	}
}
