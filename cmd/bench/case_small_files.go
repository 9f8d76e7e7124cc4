//go:build linux

package main

// smallFiles is what a file costs, where its content costs nothing.
func smallFiles() Case {
	return Case{
		Name:  "small-files",
		Title: "20,000 small files in one layer: build, push",
		Goals: []Goal{{Ratio: 0.9}},
		Runs:  3,
		Fresh: true,
		Work: Work{
			Components: []Component{{
				Name:     "files",
				Commands: []string{"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/0-run && " + manyFiles(20_000)},
				Changing: true,
			}},
			Pushed: true,
			File:   "/srv/bench/0-run", Content: Run,
		},
	}
}
