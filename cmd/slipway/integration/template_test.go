//go:build linux

package integration

import (
	"fmt"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	from       = "FROM {{{ imagebuilder:parentImage }}}"
	components = "{{{ imagebuilder:components }}}"
)

func TestTPL04InstructionsAroundComponentsTakeEffectInOrder(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("cat /log; echo component >> /log")), test(bash("grep after /log"))))
	p.template(from, "RUN echo before > /log", components, "RUN echo after >> /log", `LABEL last=yes`)
	digest := h.build(p).digest()
	if got := fileIn(t, h, digest, "/log"); got != "before\ncomponent\nafter\n" {
		t.Errorf("/log is %q", got)
	}
	if got := configOf(t, h.image(digest)).Config.Labels["last"]; got != "yes" {
		t.Errorf("label last is %q", got)
	}
}

func TestTPL05StepsRunAsRootAndTheUserStays(t *testing.T) {
	h := shared(t)
	parent := newProject(t, debian, component("c", build(bash("id -u > /uid")), test(bash("test $(id -u) = 0"))))
	parent.rename(parent.name+"-parent").template(from, "USER nobody", components)
	digest := h.build(parent).digest()
	child := newProject(t, "store:"+parent.pointer(1), component("c", build(bash("id -u > /uid2"))))
	childDigest := h.build(child).digest()
	for _, d := range []string{digest, childDigest} {
		if got := configOf(t, h.image(d)).Config.User; got != "nobody" {
			t.Errorf("user of the image is %q, want nobody", got)
		}
	}
	if got := fileIn(t, h, digest, "/uid") + fileIn(t, h, childDigest, "/uid2"); got != "0\n0\n" {
		t.Errorf("steps ran as %q", got)
	}
}

func TestTPL06VariablesBeforeComponentsAreSeenBySteps(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash(`echo "$STAYS $GOES" > /seen`)), test(bash(`test "$STAYS" = env`, `test -z "${GOES-}"`))))
	p.template(from, "ENV STAYS=env", "ARG GOES=arg", components)
	digest := h.build(p).digest()
	if got := fileIn(t, h, digest, "/seen"); got != "env arg\n" {
		t.Errorf("steps saw %q", got)
	}
	env := strings.Join(configOf(t, h.image(digest)).Config.Env, " ")
	if !strings.Contains(env, "STAYS=env") || strings.Contains(env, "GOES") {
		t.Errorf("environment of the image: %s", env)
	}
}

func TestTPL07ComponentsInAnEarlierStage(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("mkdir /out; echo made > /out/file"))))
	p.template(from+" AS maker", components, "FROM scratch", "COPY --from=maker /out /")
	digest := h.build(p).digest()
	if diff := cmp.Diff(map[string]string{"/file": "made\n"}, filesOf(t, layersOf(t, h.image(digest))...)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	p.template(from+" AS unused", components, "FROM scratch", "COPY recipe.yaml /")
	p.recipe = strings.Replace(p.recipe, "dockerfileTemplateUri: ./Dockerfile\n", "", 1)
	h.build(p.add()).wantCode(2, "unused")
}

func TestTPL08CopyFromTheRecipeFolder(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("test -e /site/index", "test ! -e /site/ignored", "echo more >> /site/index"))))
	p.write("site/index", "page\n").write("site/ignored", "x").write(".dockerignore", "site/ignored\n")
	p.template(from, "COPY site /site", components, "COPY recipe.yaml /recipe.yaml")
	digest := h.build(p).digest()
	if got := fileIn(t, h, digest, "/site/index"); got != "page\nmore\n" {
		t.Errorf("/site/index is %q", got)
	}
	if got := fileIn(t, h, digest, "/recipe.yaml"); got != p.recipe {
		t.Errorf("/recipe.yaml is %q", got)
	}
	again := h.build(p.write("site/index", "changed\n"))
	if got := fileIn(t, h, again.digest(), "/site/index"); got != "changed\nmore\n" {
		t.Errorf("after a change, /site/index is %q", got)
	}
}

func TestTPL09CommandsSurvive(t *testing.T) {
	h := shared(t)
	parent := newProject(t, debian, component("c", build(bash("true"))))
	parent.rename(parent.name+"-parent").template(from, `CMD ["before"]`, components, `LABEL after=yes`)
	if diff := cmp.Diff([]string{"before"}, configOf(t, h.image(h.build(parent).digest())).Config.Cmd); diff != "" {
		t.Errorf("CMD before the components (-want +got):\n%s", diff)
	}
	// ENTRYPOINT resets only a CMD of the parent image.
	parent.write("Dockerfile", strings.Join([]string{from, `CMD ["before"]`, components, `ENTRYPOINT ["entry"]`}, "\n")+"\n")
	config := configOf(t, h.image(h.build(parent).digest())).Config
	if diff := cmp.Diff([][]string{{"entry"}, {"before"}}, [][]string{config.Entrypoint, config.Cmd}); diff != "" {
		t.Errorf("ENTRYPOINT and CMD around the components (-want +got):\n%s", diff)
	}
	child := newProject(t, "store:"+parent.pointer(2), component("c", build(bash("echo > /child"))))
	config = configOf(t, h.image(h.build(child).digest())).Config
	if diff := cmp.Diff([][]string{{"entry"}, {"before"}}, [][]string{config.Entrypoint, config.Cmd}); diff != "" {
		t.Errorf("ENTRYPOINT and CMD of the parent (-want +got):\n%s", diff)
	}
}

func TestTPL10SyntaxLineNeedsNoNetworkAndNoOtherFrontEnd(t *testing.T) {
	h := shared(t).with("HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1")
	p := newProject(t, debian, component("c", build(bash("grep inline /made"))))
	p.template("# syntax=docker/dockerfile:1.7", from, "RUN <<END", "echo inline > /made", "END", components)
	h.build(p).wantCode(0)
	p.write("Dockerfile", "# syntax=registry.example.com/front/end:1\n"+from+"\n"+components+"\n")
	h.run("build", p.dir).wantCode(2, "Dockerfile:1", `front end "registry.example.com/front/end:1" is not built in`)
}

func TestTemplateWithEveryKindOfInstruction(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash(
		"grep tool /usr/local/tool", "grep 'version 7' /etc/version", `test "$VERSION $KIND" = "7 full"`, "test ! -e /after", "echo made > /made"))))
	p.template(
		"# syntax=docker/dockerfile:1", "ARG VERSION=7",
		from+" AS tools", "RUN <<END", "mkdir /out", "echo tool > /out/tool", "END",
		from, "ARG VERSION", "ENV KIND=full", "COPY --from=tools /out/tool /usr/local/tool",
		"COPY <<END /etc/version", "version $VERSION", "END",
		"ONBUILD RUN echo triggered > /tmp/triggered", "HEALTHCHECK --interval=5s CMD test -e /etc/version", "USER nobody",
		"{{{ imagebuilder:environments }}}", components,
		"COPY --from=tools --chown=nobody /out/tool /after", "STOPSIGNAL SIGQUIT", "EXPOSE 8080", "VOLUME /data", `LABEL kind="$KIND"`)
	digest := h.build(p).digest()
	got := filesOf(t, layersOf(t, h.image(digest))[1:]...)
	for path, want := range map[string]string{
		"/usr/local/tool": "tool\n", "/etc/version": "version 7\n", "/made": "made\n", "/after": "tool\n",
	} {
		if got[path] != want {
			t.Errorf("%s is %q, want %q", path, got[path], want)
		}
	}
	if _, there := got["/out/tool"]; there {
		t.Error("a file of the stage that was copied from is in the image")
	}
	config := configOf(t, h.image(digest)).Config
	if config.User != "nobody" || config.StopSignal != "SIGQUIT" || config.Labels["kind"] != "full" || config.Healthcheck == nil {
		t.Errorf("config %+v", config)
	}
	if diff := cmp.Diff([]string{"RUN echo triggered > /tmp/triggered"}, config.OnBuild); diff != "" {
		t.Errorf("ONBUILD (-want +got):\n%s", diff)
	}
	if _, port := config.ExposedPorts["8080/tcp"]; !port || len(config.Volumes) != 1 {
		t.Errorf("ports %v, volumes %v", config.ExposedPorts, config.Volumes)
	}
	child := newProject(t, "store:"+p.pointer(1), component("d", build(bash("grep triggered /tmp/triggered")))).rename(p.name + "-child")
	if triggers := configOf(t, h.image(h.build(child).digest())).Config.OnBuild; len(triggers) > 0 {
		t.Errorf("the child has triggers of its own: %q", triggers)
	}
}

func TestErrorsOfATemplateNameTheLineThatWasWritten(t *testing.T) {
	h := shared(t)
	for _, tt := range []struct {
		name string
		code int
		line string // of the file that holds the template, which begins in its line 1 or, in the recipe, in line 7
		text string
		why  string
	}{
		{"before", 1, "3", from + "\n# note\nRUN echo x; \\\n  exit 3\n" + components, "exit code: 3"},
		{"missing file before", 1, "2", from + "\nCOPY nothere /x\n" + components, `"/nothere": not found`},
		{"behind", 1, "5", from + "\n" + components + "\n\n# note\nRUN <<END\nset -e\nexit 4\nEND", "exit code: 4"},
		{"missing file behind", 1, "3", from + "\n" + components + "\nCOPY nothere /x", `"/nothere": not found`},
		{"earlier stage", 1, "2", from + " AS one\nRUN exit 5\n" + from + "\n" + components + "\nCOPY --from=one /etc/hostname /h", "exit code: 5"},
		{"unknown instruction", 2, "2", from + "\nINSTALL nginx\n" + components, "INSTALL"},
		{"unknown instruction behind", 2, "4", from + "\n" + components + "\n\nINSTALL nginx", "INSTALL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h.of(t)
			p := newProject(t, debian, component("c", build(bash("true"))))
			inline := newProject(t, debian, component("c", build(bash("true")))).rename(p.name + "-inline")
			p.template(tt.text)
			o := h.run("build", p.dir, "--progress", "plain").wantCode(tt.code)
			if want := p.dir + "/Dockerfile:" + tt.line + ": "; !strings.Contains(o.stderr, want) || !strings.Contains(o.stderr, tt.why) {
				t.Errorf("stderr does not name %s and %q:\n%s", want, tt.why, o.stderr)
			}
			inline.add("dockerfileTemplateData: |", "  "+strings.ReplaceAll(tt.text, "\n", "\n  "))
			line, _ := strconv.Atoi(tt.line)
			want := fmt.Sprintf("%s/recipe.yaml:%d: ", inline.dir, line+6)
			if o := h.run("build", inline.dir, "--progress", "plain").wantCode(tt.code); !strings.Contains(o.stderr, want) {
				t.Errorf("stderr does not name %s:\n%s", want, o.stderr)
			}
			h.wantNothingLeft()
		})
	}
}

func TestTemplateInstructionThatFailsIsExit1(t *testing.T) {
	h := shared(t)
	p := newProject(t, debian, component("c", build(bash("true"))))
	p.template(from, components, "RUN echo broken >&2 && exit 9")
	h.build(p).wantCode(1, "9")
	if got := h.pointers()[p.pointer(1)]; got != "" {
		t.Errorf("the store has an image %s", got)
	}
	h.wantNothingLeft()
}

// gitRepository serves a repository with one file over HTTP and returns its address.
func gitRepository(t *testing.T, name, content string) string {
	t.Helper()
	git := func(dir string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), needs(t, "git", "git"), append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	root, work := t.TempDir(), t.TempDir()
	git(work, "init", "-q", "-b", "main")
	if err := os.WriteFile(filepath.Join(work, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	git(work, "add", name)
	git(work, "commit", "-q", "-m", "first")
	git(root, "clone", "-q", "--bare", work, "repository.git")
	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(git(root, "--exec-path"), "git-http-backend"), Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"},
	})
	t.Cleanup(server.Close)
	return server.URL + "/repository.git"
}

func TestTemplateAddsAGitRepository(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := newProject(t, "scratch", fileWith("a", "a"))
	p.template(from, "ADD "+gitRepository(t, "file", "from git\n")+"#main /src", components)
	digest := h.build(p).wantCode(0).digest()
	if got := fileIn(t, h, digest, "/src/file"); got != "from git\n" {
		t.Errorf("/src/file is %q", got)
	}
	if log, err := os.ReadFile(filepath.Join(h.dir, "buildkit", "builder.log")); err != nil || strings.Contains(string(log), "git") {
		t.Errorf("the builder's log, %v: %s", err, log)
	}
}
