//go:build linux

package main

// largeLayer is a layer that is worth its compression: 200 MB that cannot be compressed and 150 MB of programs.
func largeLayer(compression string, goal float64) Case {
	return Case{
		Name:  "large-" + compression,
		Title: "350 MB layer, " + compression + ": build, push",
		Goals: []Goal{{Ratio: goal}},
		Runs:  2,
		Fresh: true,
		Work: Work{
			Components: []Component{{
				Name: "large",
				Commands: []string{"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/0-run && " + randomFile(200<<20) +
					" && mkdir /srv/bench/usr && tar -C /usr -cf - . | tar -C /srv/bench/usr -xf -"},
				Changing: true,
			}},
			Pushed: true, Compression: compression,
			File: "/srv/bench/0-run", Content: Run,
		},
	}
}
