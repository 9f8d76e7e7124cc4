//go:build linux

package integration

import (
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
