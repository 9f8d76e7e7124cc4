//go:build linux

package main

// allKinds is there for its check rather than for its time: a layer with everything that a file system has.
func allKinds() Case {
	return Case{
		Name:  "all-kinds",
		Title: "links, devices, sparse files, attributes, deleted files: build, push",
		Goals: []Goal{{Ratio: 1}},
		Work: Work{
			Components: []Component{{
				Name: "kinds",
				Commands: []string{
					"mkdir -p /srv/bench/deep/er && cd /srv/bench && echo " + Run + " > run",
					"cd /srv/bench && echo one > first && ln first second && ln first deep/third && ln -s ../first deep/symbolic && ln -s /nowhere dangling",
					"cd /srv/bench && truncate -s 50M sparse && printf end >> sparse && mkfifo pipe && : > empty && mkdir hollow",
					"cd /srv/bench && cp /bin/true setuid && chmod 4755 setuid && cp /bin/true setgid && chmod 2755 setgid && mkdir sticky && chmod 1777 sticky && mkdir sealed && chmod 000 sealed",
					"cd /srv/bench && echo owned > owned && chown 1234:4321 owned && chown -h 99:98 dangling && echo dated > dated && touch -d '2001-02-03 04:05:06.789' dated && touch -h -d '1999-01-01' deep/symbolic",
					"cd /srv/bench && cp /bin/true capable && setcap cap_net_bind_service=+ep capable",
					`cd /srv/bench && : > 'a name with spaces' && : > "$(printf 'umlaut-\303\244')" && : > '.wh' && p=$(printf '%0120d' 0) && mkdir -p $p/$p && : > $p/$p/far`,
					"rm /etc/issue.net && rm -r /usr/share/doc/bash && rm -r /etc/skel && mkdir /etc/skel && : > /etc/skel/new && rm /etc/debian_version && mkdir /etc/debian_version",
				},
				Changing: true,
			}},
			Pushed: true,
			File:   "/srv/bench/run", Content: Run,
		},
	}
}
