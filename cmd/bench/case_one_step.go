//go:build linux

package main

// oneStep is the least that a build can have to do.
func oneStep() Case {
	return Case{
		Name:  "one-step",
		Title: "one small step, nothing cached but the parent",
		Goals: []Goal{{Ratio: 1}},
		Work: Work{
			Components: []Component{{
				Name:     "step",
				Commands: []string{"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/step"},
				Changing: true,
			}},
			File: "/srv/bench/step", Content: Run,
		},
	}
}
