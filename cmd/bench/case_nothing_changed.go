//go:build linux

package main

// nothingChanged is what a build costs that has nothing to do: everything is cached, but the tests run all the same.
func nothingChanged() Case {
	return Case{
		Name:  "nothing-changed",
		Title: "nothing changed: build, test in a fresh container, push",
		Goals: []Goal{{Peer: "docker", Ratio: 0.5}, {Ratio: 1}},
		Work: Work{
			Components: []Component{{
				Name:     "greeting",
				Commands: []string{"mkdir -p /srv/bench && echo hello > /srv/bench/greeting"},
			}},
			Tests:  []string{`test "$(cat /srv/bench/greeting)" = hello`},
			Pushed: true,
			File:   "/srv/bench/greeting", Content: "hello",
		},
	}
}
