//go:build linux

package system_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/system"
)

func asRoot() int { return 0 }

// packageManager puts a program of this name into the request's PATH. It writes its arguments to the file "calls" and
// then runs body.
func packageManager(t *testing.T, req *action.Request, name, body string) {
	t.Helper()
	script := "#!/bin/sh\necho \"" + name + " $*\" >> \"$CALLS\"\n" + body + "\n"
	if err := os.WriteFile(filepath.Join(req.Dir, name), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	req.Env = []string{"PATH=" + req.Dir, "CALLS=" + filepath.Join(req.Dir, "calls")}
}

func calls(t *testing.T, req action.Request) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(req.Dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// What the package managers answer when they are asked what has an update; the package "held" has none.
const (
	aptSimulation = `case "$*" in *-s*) cat <<'END'
Reading package lists...
Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])
Inst libssl3:i386 [3.0.1] (3.0.2 Debian:12 [i386]) []
Inst linux-image-6.1 (6.1.5 Debian:12 [amd64])
Conf libc6 (2.36-10 Debian:12 [amd64])
END
esac
[ "$DEBIAN_FRONTEND" = noninteractive ]`
	dnfCheck = `case "$*" in *check-update*) cat <<'END'

bash.x86_64                 5.2.26-4.fc40          updates
a-package-with-quite-a-long-name.noarch
                            1.0-1.fc40             updates
kernel-core.x86_64          6.9.1-200.fc40         updates
Security: kernel-core-6.9.1-200.fc40.x86_64 is an installed security update
Obsoleting Packages
old.x86_64                  1.0                    updates
END
exit 100;; esac`
	zypperList = `case "$*" in *list-updates*) cat <<'END'
<?xml version='1.0'?>
<stream><update-status version="0.6"><update-list>
<update kind="package" name="bash" edition="5"><summary>a &amp; b</summary></update>
<update kind="patch" name="openSUSE-1"/>
<update kind="package" name="curl" edition="8"/>
</update-list></update-status></stream>
END
esac`
	apkList = `case "$*" in list*) cat <<'END'
fetch https://dl-cdn.example.org/main
busybox-1.36.1-r5 x86_64 {busybox} (GPL-2.0-only) [upgradable from: busybox-1.36.1-r2]
ca-certificates-bundle-20240226-r0 x86_64 {ca-certificates} (MPL-2.0 AND MIT) [upgradable from: ca-certificates-bundle-20230506-r0]
ssl_client-1.36.1-r5 x86_64 {busybox} (GPL-2.0-only) [upgradable from: ssl_client-1.36.1-r2]
END
esac`
)

const aptConfig = " -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"

func testUpdate(t *testing.T) {
	tests := []struct {
		name, manager, body string
		include, exclude    []string
		want                []string
	}{
		{"apt all", "apt-get", aptSimulation, nil, nil, []string{"apt-get update", "apt-get -y --with-new-pkgs upgrade" + aptConfig}},
		{
			"apt include and exclude", "apt-get", aptSimulation,
			[]string{"lib*", "gone", "linux*"},
			[]string{"libc6"},
			[]string{"apt-get update", "apt-get -s upgrade --with-new-pkgs", "apt-get -y install --only-upgrade" + aptConfig + " libssl3"},
		},
		{
			"apt exclude", "apt-get", aptSimulation, nil,
			[]string{"libssl*"},
			[]string{"apt-get update", "apt-get -s upgrade --with-new-pkgs", "apt-get -y install --only-upgrade" + aptConfig + " libc6"},
		},
		{"apt nothing left", "apt-get", aptSimulation, []string{"gone"}, nil, []string{"apt-get update", "apt-get -s upgrade --with-new-pkgs"}},
		{"dnf all", "dnf", dnfCheck, nil, nil, []string{"dnf -y upgrade"}},
		{"dnf exclude", "dnf", dnfCheck, nil, []string{"kernel*", "x"}, []string{"dnf -y upgrade --exclude=kernel* --exclude=x"}},
		{"dnf include", "dnf", dnfCheck, []string{"*"}, []string{"kernel*"}, []string{"dnf -q check-update", "dnf -y upgrade bash a-package-with-quite-a-long-name"}},
		{"dnf nothing left", "dnf", dnfCheck, []string{"old"}, nil, []string{"dnf -q check-update"}},
		{"dnf no updates at all", "dnf", "exit 0", []string{"bash"}, nil, []string{"dnf -q check-update"}},
		{"yum all", "yum", dnfCheck, nil, nil, []string{"yum -y update"}},
		{"yum include", "yum", dnfCheck, []string{"bash"}, nil, []string{"yum -q check-update", "yum -y update bash"}},
		{"microdnf all", "microdnf", "", nil, nil, []string{"microdnf -y upgrade"}},
		{"microdnf include", "microdnf", "", []string{"bash", "curl*"}, nil, []string{"microdnf -y upgrade bash curl*"}},
		{"microdnf both", "microdnf", "", []string{"bash", "curl"}, []string{"cu*"}, []string{"microdnf -y upgrade bash"}},
		{"microdnf nothing left", "microdnf", "", []string{"curl"}, []string{"cu*"}, []string{""}},
		{"zypper all", "zypper", "exit 100", nil, nil, []string{"zypper --non-interactive refresh", "zypper --non-interactive update"}},
		{
			"zypper exclude", "zypper", zypperList, nil,
			[]string{"c*"},
			[]string{"zypper --non-interactive refresh", "zypper --xmlout list-updates", "zypper --non-interactive update bash"},
		},
		{"apk all", "apk", "", nil, nil, []string{"apk upgrade --no-cache"}},
		{
			"apk include", "apk", apkList,
			[]string{"ca-*", "busybox"},
			[]string{"busybox"},
			[]string{"apk list --upgradable --no-cache", "apk upgrade --no-cache ca-certificates-bundle"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := action.Entry{}
			if tt.include != nil {
				e["include"] = tt.include
			}
			if tt.exclude != nil {
				e["exclude"] = tt.exclude
			}
			req, _ := actiontest.Request(t, e)
			packageManager(t, &req, tt.manager, strings.ReplaceAll(tt.body, "cat <<", "/bin/cat <<"))
			if _, err := (system.UpdateOS{UserID: asRoot}).Run(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, calls(t, req)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpdateTakesTheFirstManager(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{})
	for _, name := range []string{"apk", "yum", "dnf"} {
		packageManager(t, &req, name, "")
	}
	if _, err := (system.UpdateOS{UserID: asRoot}).Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dnf -y upgrade"}, calls(t, req)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestUpdateFailures(t *testing.T) {
	tests := []struct {
		name, manager, body string
		entry               action.Entry
		want                string
	}{
		{"update", "apt-get", "echo 'no network' >&2; exit 100", action.Entry{}, "UpdateOS: apt-get update: exit code 100: no network"},
		{"upgrade", "apk", "exit 3", action.Entry{}, "UpdateOS: apk upgrade: exit code 3"},
		{"check", "dnf", "exit 1", action.Entry{"include": []string{"x"}}, "UpdateOS: dnf check-update: exit code 1"},
		{"zypper", "zypper", "exit 104", action.Entry{}, "UpdateOS: zypper refresh: exit code 104"},
		{"broken answer", "zypper", "echo '<update'", action.Entry{"include": []string{"x"}}, "UpdateOS: zypper list-updates: XML syntax error on line 1: unexpected EOF"},
		{"microdnf exclude alone", "microdnf", "", action.Entry{"exclude": []string{"x"}}, "UpdateOS: microdnf: exclude needs include"},
		{
			"microdnf wildcard with exclude", "microdnf", "",
			action.Entry{"include": []string{"x*"}, "exclude": []string{"xy"}},
			`UpdateOS: microdnf: include "x*" cannot be combined with exclude`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := actiontest.Request(t, tt.entry)
			packageManager(t, &req, tt.manager, tt.body)
			if _, err := (system.UpdateOS{UserID: asRoot}).Run(t.Context(), req); text(err) != tt.want {
				t.Errorf("error = %q, want %q", text(err), tt.want)
			}
		})
	}
}

func TestZypperWarnsOfSkippedRepositories(t *testing.T) {
	req, recorder := actiontest.Request(t, action.Entry{})
	packageManager(t, &req, "zypper", "exit 106")
	if _, err := (system.UpdateOS{UserID: asRoot}).Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(recorder.Log(), "Warn zypper skipped repositories") {
		t.Errorf("log = %q", recorder.Log())
	}
}

func testUpdateImpossible(t *testing.T) {
	req, _ := actiontest.Request(t, action.Entry{})
	packageManager(t, &req, "apk", "")
	_, err := system.UpdateOS{UserID: func() int { return 1000 }}.Run(t.Context(), req)
	if want := "UpdateOS: only root can update the system"; text(err) != want {
		t.Errorf("error = %q, want %q", text(err), want)
	}
	req.Env = []string{"PATH=/nonexistent"}
	_, err = system.UpdateOS{UserID: asRoot}.Run(t.Context(), req)
	if want := "UpdateOS: no package manager found: looked for apt-get, dnf, yum, microdnf, zypper, apk"; text(err) != want {
		t.Errorf("error = %q, want %q", text(err), want)
	}
	if diff := cmp.Diff([]string{""}, calls(t, req)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
