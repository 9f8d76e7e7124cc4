//go:build linux

package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/oci/ocitest"
)

// The first lines of every template around the components.
func around(lines ...string) []string {
	return append([]string{"FROM {{{ imagebuilder:parentImage }}}", "{{{ imagebuilder:components }}}"}, lines...)
}

func TestWF12TestsOffInTheRecipe(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	p := newProject(t, debian, component("c", build(bash("true")), test(bash("exit 1")))).target(registry)
	p.add("imageTestsConfiguration: {imageTestsEnabled: false}")
	r := h.build(p).wantCode(0).result()
	if len(r.Tests) != 0 || r.Targets[0].Status != "pushed" {
		t.Errorf("tests %+v, targets %+v", r.Tests, r.Targets)
	}
}

func TestWF14TimeoutOfTheWholeTestStage(t *testing.T) {
	h, registry := shared(t), ocitest.Distribution(t)
	slow := bash("echo began", "mkdir /results", "echo half > /results/half.txt", "setsid sleep 1000 &", "sleep 1000")
	for name, phases := range map[string][]phase{"test": {test(slow)}, "container-host-test": {test(bash("true")), hostTest(slow)}} {
		t.Run(name, func(t *testing.T) {
			h := h.of(t)
			p := newProject(t, debian, component("quick", build(bash("true")), test(bash("true"))), component("slow", phases...)).target(registry)
			p.add("imageTestsConfiguration: {timeoutMinutes: 1}", "reports: [/results/*.txt]")
			r := h.build(p, "--test-timeout", "10s").wantCode(3, "the tests took longer than 10s").result()
			if r.Status != result.Failed || r.Error.Component != "slow" || r.Error.Step != "Step1" || !strings.Contains(r.Error.Hint, "--test-timeout") {
				t.Errorf("result %s, error %+v", r.Status, r.Error)
			}
			last := r.Tests[len(r.Tests)-1]
			if last.Name != "slow" || last.Status != "failed" {
				t.Errorf("last test %+v", last)
			}
			wantFile(t, filepath.Join(r.RunFolder, last.LogFolder, "console.log"), "began")
			if len(r.Reports) != 1 || r.Reports[0].Path != "/results/half.txt" {
				t.Fatalf("reports %+v", r.Reports)
			}
			wantFile(t, filepath.Join(r.RunFolder, r.Reports[0].File), "half")
			if inRegistry(t, registry+"/"+p.name+":1.0.0-1") {
				t.Error("it was pushed")
			}
			h.wantNothingLeft()
		})
	}
}

// server is a component that makes a program that says hello on port 8080, some time after its start.
func server() document {
	return component("server", build(createFile("/srv/server.pl", `use IO::Socket::INET; $| = 1; sleep 1;
my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die "listen: $!";
print "listening as user $<\n";
while (my $c = $s->accept) { print $c "hello from user $<\n"; close $c; }
`)))
}

func TestWF15HostTestWaitsForTheExposedPort(t *testing.T) {
	h := shared(t)
	check := component("check", test(bash("true")), hostTest(bash("exec 3<>/dev/tcp/$TEST_TARGET_HOST/8080", "read -r line <&3", `test "$line" = "hello from user 33"`, "test $(id -u) = 0")))
	p := newProject(t, debian, server(), check)
	p.template(around("EXPOSE 9090 8080/tcp 53/udp", "USER www-data", `ENTRYPOINT ["perl", "/srv/server.pl"]`)...)
	r := h.build(p).wantCode(0).result()
	wantFile(t, filepath.Join(r.RunFolder, "ApplyContainerHostTests/00-entrypoint/console.log"), "listening as user 33")
	if logs := h.run("runs", "logs", r.RunID).wantCode(0).stdout; !strings.Contains(logs, "ApplyContainerHostTests/00-entrypoint") {
		t.Errorf("the logs lack those of the entrypoint:\n%s", logs)
	}
}

func TestWF15EntrypointThatEndsEarlyFailsTheTest(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true")), hostTest(bash("true"))))
	p.template(around("EXPOSE 8080", `CMD ["sh", "-c", "echo starting; echo there is no configuration >&2; exit 7"]`)...)
	r := h.build(p).wantCode(3, "ended with exit code 7", "starting", "there is no configuration").result()
	wantFile(t, filepath.Join(r.RunFolder, "ApplyContainerHostTests/00-entrypoint/console.log"), "there is no configuration")
	h.wantNothingLeft()
	p.write("Dockerfile", strings.Join(around("EXPOSE 8080", `ENTRYPOINT ["/not/there"]`), "\n"))
	h.build(p).wantCode(3, "/not/there", "no such file or directory")
	p.write("Dockerfile", strings.Join(around(`CMD ["sh", "-c", "echo no port to wait for; exit 98"]`), "\n"))
	h.build(p).wantCode(3, "the image's own process", "ended with exit code 98", "no port to wait for")
}

func TestWF15HealthcheckDecidesWhenTheHostTestBegins(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true")), hostTest(exists("/tmp/ready"))))
	p.template(around("EXPOSE 1", "HEALTHCHECK --interval=1s --retries=60 CMD test -f /tmp/ready", `CMD ["sh", "-c", "sleep 1; touch /tmp/ready; sleep 1000"]`)...)
	h.build(p).wantCode(0)
	p.write("Dockerfile", strings.Join(around("HEALTHCHECK --interval=1s --start-period=1s --retries=2 CMD echo not yet; exit 1", `CMD ["sh", "-c", "echo waiting; sleep 1000"]`), "\n"))
	h.build(p).wantCode(3, "health check", "did not succeed within 3s", "not yet", "waiting")
	h.wantNothingLeft()
}

func TestReportsAreKept(t *testing.T) {
	h := shared(t)
	junit := func(name, inner string) string {
		return `<testsuite name="` + name + `"><testcase name="case of ` + name + `" time="0.5">` + inner + `</testcase></testsuite>`
	}
	p := newProject(t, debian,
		component("first", build(createFile("/results/deep/first.xml", junit("first", "")))),
		component("second", build(bash("rm -r /results", "echo text > /var/log/second.log", "echo {{ secrets.token }} >> /var/log/second.log"))),
		component("check", test(createFile("/results/check.xml", junit("check", `<failure message="it is wrong"/>`)))))
	p.add("reports:", "  - {path: '/results/**/*.xml', type: junit}", "  - /var/log/second.log", "  - /never/written.txt")
	p.write("token", "token-of-the-test")
	file := filepath.Join(t.TempDir(), "junit.xml")
	secret := "--secret=id=token,src=" + filepath.Join(p.dir, "token")
	r := h.build(p, "--report", "junit="+file, secret).wantCode(0).result()
	var got []string
	for _, report := range r.Reports {
		got = append(got, report.Stage+" "+report.Component+" "+report.Path)
	}
	want := "build first /results/deep/first.xml, build second /var/log/second.log, test check /results/check.xml,   "
	if strings.Join(got, ", ") != want {
		t.Errorf("reports %q, want %q", strings.Join(got, ", "), want)
	}
	wantFile(t, filepath.Join(r.RunFolder, r.Reports[1].File), "text\n***")
	wantFile(t, file, `name="case of first"`, `message="it is wrong"`, `/never/written.txt`, "no component and no test wrote it")
	if !strings.Contains(strings.Join(r.Warnings, "\n"), "/never/written.txt") {
		t.Errorf("no warning of the missing report: %q", r.Warnings)
	}
	if files := filesOf(t, layersOf(t, h.image(r.Image.Digest))[2:]...); files["/var/log/second.log"] == "" {
		t.Errorf("the report is not in the image any more: %v", files)
	}
	if again := h.build(p, secret).wantCode(0).result(); len(again.Reports) != len(r.Reports) {
		t.Errorf("from the cache: %d reports, want %d: %+v", len(again.Reports), len(r.Reports), again.Reports)
	}
	p.change(component("second", build(bash("echo why > /results/second.xml; exit 1"))))
	failed := h.build(p).wantCode(1).result()
	if len(failed.Reports) != 4 || failed.Reports[1].Path != "/results/second.xml" {
		t.Fatalf("reports of a failed build: %+v", failed.Reports)
	}
	wantFile(t, filepath.Join(failed.RunFolder, failed.Reports[1].File), "why")
	h.wantNothingLeft()
}

func TestCacheTestsLeavesOutWhatPassed(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true"))), componentWith("check", parameter("Word", "a"), test(bash("echo {{ Word }}"))))
	cached := func(args ...string) bool {
		t.Helper()
		r := h.build(p, args...).wantCode(0).result()
		return r.Tests[0].Cached
	}
	for range 2 {
		if cached() {
			t.Error("tests came from the cache that nobody asked for")
		}
	}
	if !cached("--cache-tests") {
		t.Error("tests that passed ran again")
	}
	if cached("--cache-tests", "-p", "Word=b") {
		t.Error("tests with another parameter came from the cache")
	}
	if cached("--cache-tests", "--test-isolation", "each") {
		t.Error("tests in containers of their own came from the cache of a shared one")
	}
	p.change(componentWith("check", parameter("Word", "a"), test(bash("echo other {{ Word }}"))))
	if cached("--cache-tests") {
		t.Error("other tests came from the cache")
	}
	p.change(component("c", build(bash("date +%N > /c"))))
	if cached("--cache-tests") {
		t.Error("tests of another image came from the cache")
	}
	if text := h.run("build", p.dir, "--cache-tests").wantCode(0).stderr; !strings.Contains(text, "1 cached") {
		t.Errorf("the summary does not say that tests were cached:\n%s", text)
	}
}

func TestFailedTestsAreNotCached(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true")), test(bash("exit 1"))))
	for range 2 {
		h.build(p, "--cache-tests").wantCode(3)
	}
}

func TestReportForGitHub(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true")), test(bash("echo wrong >&2; exit 1"))))
	summary := filepath.Join(t.TempDir(), "summary.md")
	h = h.with("GITHUB_STEP_SUMMARY=" + summary)
	o := h.run("build", p.dir, "--report", "github").wantCode(3)
	if want := "::error file=" + filepath.Join(p.dir, "c.yaml") + "::component c, phase test, step Step1"; !strings.Contains(o.stderr, want) {
		t.Errorf("stderr lacks %q:\n%s", want, o.stderr)
	}
	wantFile(t, summary, "### ❌", "Build failed in stage test", "| test |")
	p.write("recipe.yaml", p.recipe+"unknown: 1\n")
	o = h.run("build", p.dir, "--report", "github").wantCode(2)
	if want := "::error file=" + filepath.Join(p.dir, "recipe.yaml") + ",line="; !strings.Contains(o.stderr, want) {
		t.Errorf("stderr lacks %q:\n%s", want, o.stderr)
	}
	if _, err := os.Stat(summary); err != nil {
		t.Error(err)
	}
}
