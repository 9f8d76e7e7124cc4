//go:build linux

package main

import "fmt"

// tenSteps is the cost of a step: ten that do next to nothing, with a value that no cache has seen.
func tenSteps() Case {
	steps := Component{Name: "steps", Changing: true}
	for i := range 10 {
		steps.Commands = append(steps.Commands, fmt.Sprintf("mkdir -p /srv/bench && echo %s > /srv/bench/step-%d", Run, i+1))
	}
	return Case{
		Name:  "ten-steps",
		Title: "ten small steps, nothing cached but the parent",
		Goals: []Goal{{Peer: "buildkit", Ratio: 0.5}, {Peer: "docker", Ratio: 0.5}, {Ratio: 1}},
		Work:  Work{Components: []Component{steps}, File: "/srv/bench/step-10", Content: Run},
	}
}
