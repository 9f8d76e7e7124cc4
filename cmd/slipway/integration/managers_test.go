//go:build linux

package integration

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// standIn makes an image look as if it had another package manager: those of Debian are taken away, and programs with
// the names of the other's write down how they were called. They are stand-ins because no package source but Debian's
// can be reached; what they prove is which commands are run, in which order, and what is read back afterwards.
func standIn(manager, certificates, bundle string) document {
	program := func(name, text string) string {
		return "cat > /usr/local/bin/" + name + " <<'END'\n#!/bin/sh\n" + text + "\nEND\nchmod 755 /usr/local/bin/" + name
	}
	manages := `echo "` + manager + ` $*" >> /calls
case "$*" in
"info "*) grep -q "$3" /installed; exit ;;
*tzdata*|*timezone*) mkdir -p /usr/share/zoneinfo/Test; echo zone > /usr/share/zoneinfo/Test/Zone ;;
*install*|*add*) echo "$*" >> /installed ;;
esac`
	setUp := []string{
		"rm -f /usr/bin/apt* /usr/bin/dpkg* /usr/sbin/locale-gen; : > /installed",
		program(manager, manages),
		program("locale", "echo de_DE.utf8"),
		program(certificates, "echo '"+certificates+" '$* >> /calls\nmkdir -p \"$(dirname "+bundle+")\"\ncat $(find /etc /usr/local/share -path '*anchors*' -name '*.crt' -o -path '*/ca-certificates/*' -name '*.crt') > "+bundle),
	}
	if manager != "apk" {
		setUp = append(setUp, program("rpm", `case "$*" in *--all*) exit 0 ;; esac`+"\n"+`grep -q curl /installed`))
	}
	return component("stand-in", build(bash(setUp...)))
}

func TestManagedComponentsWithOtherPackageManagers(t *testing.T) {
	t.Parallel()
	h := shared(t)
	const cleanDNF = "clean all"
	for _, m := range []struct {
		manager, certificates, bundle string
		calls                         []string
	}{
		{"dnf", "update-ca-trust", "/etc/pki/tls/certs/ca-bundle.crt", []string{
			"dnf -y upgrade", "dnf " + cleanDNF, "dnf install -y --setopt=install_weak_deps=False curl", "dnf " + cleanDNF,
			"dnf install -y ca-certificates", "dnf " + cleanDNF, "update-ca-trust extract",
			"dnf reinstall -y tzdata", "dnf " + cleanDNF, "dnf install -y glibc-langpack-de", "dnf " + cleanDNF,
		}},
		{"yum", "update-ca-trust", "/etc/pki/tls/certs/ca-bundle.crt", []string{
			"yum -y update", "yum " + cleanDNF, "yum install -y curl", "yum " + cleanDNF,
			"yum install -y ca-certificates", "yum " + cleanDNF, "update-ca-trust extract",
			"yum reinstall -y tzdata", "yum " + cleanDNF, "yum install -y glibc-langpack-de", "yum " + cleanDNF,
		}},
		{"microdnf", "update-ca-trust", "/etc/pki/tls/certs/ca-bundle.crt", []string{
			"microdnf -y upgrade", "microdnf " + cleanDNF, "microdnf install -y curl", "microdnf " + cleanDNF,
			"microdnf install -y ca-certificates", "microdnf " + cleanDNF, "update-ca-trust extract",
			"microdnf reinstall -y tzdata", "microdnf " + cleanDNF, "microdnf install -y glibc-langpack-de", "microdnf " + cleanDNF,
		}},
		{"zypper", "update-ca-certificates", "/etc/ssl/ca-bundle.pem", []string{
			"zypper --non-interactive refresh", "zypper --non-interactive update", "zypper --non-interactive clean --all",
			"zypper --non-interactive install --no-recommends curl", "zypper --non-interactive clean --all",
			"zypper --non-interactive install --no-recommends ca-certificates ca-certificates-mozilla", "zypper --non-interactive clean --all", "update-ca-certificates ",
			"zypper --non-interactive install --no-recommends timezone", "zypper --non-interactive clean --all",
			"zypper --non-interactive install --no-recommends glibc-locale", "zypper --non-interactive clean --all",
		}},
		{"apk", "update-ca-certificates", "/etc/ssl/certs/ca-certificates.crt", []string{
			"apk upgrade --no-cache", "apk add --no-cache curl", "apk add --no-cache ca-certificates", "update-ca-certificates ",
			"apk add --no-cache tzdata", "apk add --no-cache musl-locales",
		}},
	} {
		t.Run(m.manager, func(t *testing.T) {
			t.Parallel() // the builds share one builder
			p := managedProject(t, "",
				[]string{"update-linux"},
				[]string{"install-packages", "Names", "curl"},
				[]string{"ca-certificates", "Certificate", authority(t)},
				[]string{"timezone-locale", "Timezone", "Test/Zone", "Locale", "de_DE.UTF-8"},
			)
			first := standIn(m.manager, m.certificates, m.bundle)
			p.write("stand-in.yaml", first.text)
			p.write("called.yaml", component("called", test(bash(
				"grep -v '^apk info' /calls > /got", "cat > /want <<'END'\n"+strings.Join(m.calls, "\n")+"\nEND", "diff -u /want /got",
				"grep -qx LANG=de_DE.UTF-8 /etc/locale.conf"))).text)
			p.write("recipe.yaml", strings.Replace(p.recipe, "components:\n", "components:\n  - component: ./stand-in.yaml\n", 1)+"  - component: ./called.yaml\n")
			h.of(t).build(p).wantCode(0)
		})
	}
}

// busyBox is a root file system of nothing but BusyBox, the userland of Alpine.
func busyBox(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(needs(t, "busybox", "busybox-static"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "busybox.tar")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(file)
	add := func(name string, mode int64, content []byte) {
		t.Helper()
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	add("bin/busybox", 0o755, data)
	add("etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\napp:x:10001:10001::/:/bin/false\n"))
	add("etc/group", 0o644, []byte("root:x:0:\napp:x:10001:\n"))
	add("etc/shadow", 0o640, []byte("root:*:::::::\n"))
	for _, applet := range []string{"sh", "cat", "tr", "grep", "mkdir", "chmod", "chown", "find", "stat", "ls", "sed", "rm", "id", "sleep", "cmp", "head", "awk", "base64"} {
		if err := w.WriteHeader(&tar.Header{Name: "bin/" + applet, Linkname: "busybox", Typeflag: tar.TypeSymlink, Mode: 0o777}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestManagedComponentsOnBusyBox: those that need no package manager work with the small tools that Alpine has. Debian's
// BusyBox comes without adduser.
func TestManagedComponentsOnBusyBox(t *testing.T) {
	h := newHome(t)
	h.run("image", "import", busyBox(t), "busybox:static").wantCode(0)
	p := managedProject(t, `USER 10001`+"\n"+`CMD ["/bin/sleep", "600"]`,
		[]string{"harden-basic"},
		[]string{"test-command", "Command", "id -un app", "Output", "^app"},
		[]string{"test-no-setuid"},
		[]string{"test-file-permissions", "Paths", "/etc/passwd, /etc/group", "Owner", "root", "Group", "0", "Mode", "0644"},
		[]string{"test-non-root-user", "User", "app"},
	)
	p.write("recipe.yaml", strings.Replace(p.recipe, "parentImage: "+debian, "parentImage: store:busybox:static", 1))
	h.build(p).wantCode(0)
}
