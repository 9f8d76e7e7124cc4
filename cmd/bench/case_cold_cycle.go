//go:build linux

package main

// coldCycle is the whole way of a change: run, commit, test in a fresh container, push.
func coldCycle() Case {
	return Case{
		Name:  "cold-cycle",
		Title: "everything new: build, test in a fresh container, push",
		Goals: []Goal{{Ratio: 1}},
		Work: Work{
			Components: []Component{{
				Name:     "greeting",
				Commands: []string{"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/greeting"},
				Changing: true,
			}},
			Tests:  []string{`test -s /srv/bench/greeting`},
			Pushed: true,
			File:   "/srv/bench/greeting", Content: Run,
		},
	}
}
