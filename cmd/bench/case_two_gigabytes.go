//go:build linux

package main

// twoGigabytes asks whether memory grows with the image.
func twoGigabytes() Case {
	return Case{
		Name:   "two-gigabytes",
		Title:  "memory for an image of 2 GB, gzip: build, push",
		Memory: 300_000_000,
		Runs:   1,
		Fresh:  true,
		Alone:  true,
		Work: Work{
			Components: []Component{{
				Name:     "large",
				Commands: []string{"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/0-run && " + randomFile(2<<30)},
				Changing: true,
			}},
			Pushed: true,
			File:   "/srv/bench/0-run", Content: Run,
		},
	}
}
