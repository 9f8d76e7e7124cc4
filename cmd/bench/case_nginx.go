//go:build linux

package main

// nginx is everyday work: packages of the distribution, and a test that asks the server for its page.
func nginx() Case {
	const fetch = `bash -c 'for i in $(seq 100); do if exec 3<>/dev/tcp/127.0.0.1/8099; then ` +
		`printf "GET / HTTP/1.0\r\n\r\n" >&3 && grep -q "Welcome to nginx" <&3 && exit 0; fi 2>/dev/null; sleep 0.05; done; exit 1'`
	return Case{
		Name:  "nginx",
		Title: "apt-get install nginx, test that fetches its page, push",
		Goals: []Goal{{Ratio: 1}},
		Runs:  2,
		Fresh: true,
		// Logs and caches of the package manager with the time of day in them.
		Varies: []string{"/var/log", "/var/cache/ldconfig", "/var/cache/apt", "/var/lib/apt"},
		Work: Work{
			Components: []Component{{
				Name: "nginx",
				Commands: []string{
					"mkdir -p /srv/bench && echo " + Run + " > /srv/bench/run && apt-get update -qq",
					"DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/*",
					"sed -i 's/listen 80 /listen 127.0.0.1:8099 /; /listen \\[::\\]/d' /etc/nginx/sites-available/default",
				},
				Changing: true,
			}},
			Tests:  []string{"nginx && " + fetch + " && nginx -s stop"},
			Pushed: true,
			File:   "/srv/bench/run", Content: Run,
		},
	}
}
