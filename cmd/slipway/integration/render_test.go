//go:build linux

package integration

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	contents "github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/fsutil"

	"github.com/slipway-oci/slipway/builder/recipe"
)

func TestTPL11RenderedDockerfileBuildsTheSameFileSystem(t *testing.T) {
	h := shared(t)
	address := buildkitd(t)
	for _, tt := range []struct {
		name, parent string
		prepare      func(*project)
	}{
		{"plain", debian, func(*project) {}},
		{"scratch", "scratch", func(*project) {}},
		{"template", debian, func(p *project) {
			p.write("page.html", "a page\n").write("skip/me", "x").write(".dockerignore", "skip\n")
			p.template("ARG UNUSED=1", "FROM {{{ imagebuilder:parentImage }}} AS base", "ARG GREETING=hello", "ENV PLACE=world",
				"COPY . /srv/", "USER nobody", "{{{ imagebuilder:components }}}", "RUN id -un > /tmp/who", "FROM base", "COPY --from=base /srv /copy")
		}},
		{"components in an earlier stage", debian, func(p *project) {
			p.template("FROM {{{ imagebuilder:parentImage }}} AS maker", "RUN echo before > /before", "{{{ imagebuilder:components }}}",
				"RUN cat /data/one /before > /joined", "FROM {{{ imagebuilder:parentImage }}}", "COPY --from=maker /joined /data /result/",
				"RUN <<END", "echo here > /heredoc", "END")
		}},
		{"attributes", debian, func(p *project) {
			p.write("files.tar", string(withAttributes(t)))
			p.template(from, "ADD files.tar /opt/", components).change(component("one", build(bash(
				"cp -a /opt/tool /usr/bin/copy", "ln /usr/bin/copy /usr/bin/again", "mkdir -m 2775 /shared", "chown 12:34 /shared",
				"mkfifo -m 600 /pipe", "touch -d @1000000000 /old", "rm /etc/issue", "ln -s nowhere /dangling"))))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := h.of(t)
			first := component("one", build(createFile("/data/one", "1"), createFile("/two words", "2")), validate(exists("/data/one")))
			p := newProject(t, tt.parent, first)
			if tt.parent == debian {
				second := componentWith("two", parameter("Text", "default"),
					build(bash("echo {{ Text }} ${GREETING-} ${PLACE-} > /text; id -u >> /text; ln -s text /link; chmod 4755 /text; chown 1:2 /text")))
				p = newProject(t, tt.parent, first, second)
			}
			tt.prepare(p)
			var params []string
			if tt.parent == debian {
				params = []string{"-p", "Text=given"}
			}
			want := fileSystem(t, mutate.Extract(h.image(h.build(p, params...).digest())))
			if tt.name == "attributes" && (!strings.Contains(want["/usr/bin/copy"], "security.capability") || !strings.Contains(want["/usr/bin/copy"], "/usr/bin/again")) {
				t.Errorf("/usr/bin/copy is %q, without a capability or its second name", want["/usr/bin/copy"])
			}
			dir := filepath.Join(t.TempDir(), "rendered")
			args := append([]string{"render", p.dir, "-o", dir}, params...)
			if out := h.run(args...).wantCode(0); out.stdout != dir+"\n" {
				t.Errorf("stdout %q, want the folder", out.stdout)
			}
			if diff := cmp.Diff(want, fileSystem(t, solveRendered(t, address, dir))); diff != "" {
				t.Errorf("file system (-slipway +rendered):\n%s", diff)
			}
			h.run(args...).wantCode(2, "is not empty")
		})
	}
}

// solveRendered builds a rendered folder with BuildKit's own Dockerfile frontend and gives the files as a tar stream.
func solveRendered(t *testing.T, address, dir string) io.ReadCloser {
	t.Helper()
	c, err := client.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	out, err := os.Create(filepath.Join(t.TempDir(), "out.tar"))
	if err != nil {
		t.Fatal(err)
	}
	opt := client.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: map[string]string{"context:slipway-files": "local:slipway-files"},
		LocalMounts:   map[string]fsutil.FS{},
		OCIStores:     map[string]contents.Store{},
		Exports: []client.ExportEntry{{
			Type: client.ExporterTar, Output: func(map[string]string) (io.WriteCloser, error) { return out, nil },
		}},
	}
	for name, folder := range map[string]string{"context": "context", "dockerfile": ".", "slipway-files": "slipway"} {
		if opt.LocalMounts[name], err = fsutil.NewFS(filepath.Join(dir, folder)); err != nil {
			t.Fatal(err)
		}
	}
	script, err := os.ReadFile(filepath.Join(dir, "build.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if _, digest, found := strings.Cut(string(script), "/parent@"); found {
		digest, _, _ = strings.Cut(digest, `"`)
		opt.FrontendAttrs["context:"+recipe.ParentContext] = "oci-layout://parent@" + digest
		if opt.OCIStores["parent"], err = local.NewStore(filepath.Join(dir, "parent")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Solve(t.Context(), nil, opt, nil); err != nil {
		text, _ := os.ReadFile(filepath.Join(dir, "Dockerfile"))
		t.Fatalf("%v\n%s", err, text)
	}
	in, err := os.Open(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// withAttributes is an archive with a file that has a capability.
func withAttributes(t *testing.T) []byte {
	t.Helper()
	// The bytes of cap_net_bind_service=ep, as linux/capability.h has them: revision 2 with the effective bit.
	capability := []byte{1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: "tool", Mode: 0o755, Size: 5, Format: tar.FormatPAX,
		PAXRecords: map[string]string{"SCHILY.xattr.security.capability": string(capability)},
	}
	if err := w.WriteHeader(header); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("tool\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fileSystem describes what a tar stream holds by path: everything but times, which differ from build to build. A file
// with several names lists them all, since which of them is the first differs from one writer to another.
func fileSystem(t *testing.T, r io.ReadCloser) map[string]string {
	t.Helper()
	defer func() { _ = r.Close() }()
	files, names := map[string]string{}, map[string][]string{}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := path.Clean("/" + header.Name)
		if name == "/" {
			continue
		}
		if header.Typeflag == tar.TypeLink {
			first := path.Clean("/" + header.Linkname)
			names[first] = append(names[first], name)
			continue
		}
		digest := sha256.New()
		if _, err := io.Copy(digest, archive); err != nil {
			t.Fatal(err)
		}
		files[name] = fmt.Sprintf("%c %o %d:%d %d,%d %s %x %q", header.Typeflag, header.Mode&0o7777, header.Uid, header.Gid,
			header.Devmajor, header.Devminor, header.Linkname, digest.Sum(nil)[:8], attributes(header))
	}
	for first, others := range names {
		all := slices.Sorted(slices.Values(append(others, first)))
		text := fmt.Sprint(files[first], " names ", all)
		for _, name := range all {
			files[name] = text
		}
	}
	return files
}

// attributes are the extended attributes of a file, as NAME=VALUE in order.
func attributes(h *tar.Header) []string {
	var list []string
	for key, value := range h.PAXRecords {
		if name, ok := strings.CutPrefix(key, "SCHILY.xattr."); ok {
			list = append(list, name+"="+value)
		}
	}
	slices.Sort(list)
	return list
}
