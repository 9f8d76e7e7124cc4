package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDIST04Targets(t *testing.T) {
	for _, test := range []struct {
		name, repository, want string
		tags                   []string
		registries             map[string]string
		region                 string
		push                   *bool
		pushed                 bool
	}{
		{name: "with host", repository: "localhost:5000/web", want: "localhost:5000/web:1.0.0-1", pushed: true},
		{name: "host with dot", repository: "ghcr.io/acme/web", want: "ghcr.io/acme/web:1.0.0-1", pushed: true},
		{name: "default", repository: "acme/web", registries: map[string]string{"default": "ghcr.io/team/"}, want: "ghcr.io/team/acme/web:1.0.0-1", pushed: true},
		{name: "region", repository: "web", registries: map[string]string{"default": "ghcr.io", "us-east-1": "r.example.com"}, want: "r.example.com/web:1.0.0-1", pushed: true},
		{name: "ecr", repository: "web", registries: map[string]string{"default": "ecr"}, want: "000000000000.dkr.ecr.us-east-1.amazonaws.com/web:1.0.0-1", pushed: true},
		{name: "ecr in China", repository: "web", region: "cn-north-1", registries: map[string]string{"cn-north-1": "ecr"}, want: "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn/web:1.0.0-1", pushed: true},
		{name: "further tags", repository: "localhost:5000/web", tags: []string{"localhost:5000/web:edge", "acme/web"}, want: "localhost:5000/web:1.0.0-1,localhost:5000/web:edge,docker.io/acme/web:latest", pushed: true},
		{name: "no push", repository: "localhost:5000/web", push: new(false), want: "localhost:5000/web:1.0.0-1"},
		{name: "no location and no push", repository: "web", push: new(false)},
		{name: "none"},
		{name: "tag without push", tags: []string{"acme/web:1"}, want: "docker.io/acme/web:1"},
		{name: "tag with push", tags: []string{"acme/web:1"}, push: new(true), want: "docker.io/acme/web:1", pushed: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := head
			if test.repository != "" {
				text += "targetRepository: {service: ECR, repositoryName: '" + test.repository + "'}\n"
			}
			p, err := makePlan(t, map[string]string{"recipe.yaml": text}, func(o *Options) {
				o.Tags, o.Push = test.tags, test.push
				o.Settings = Settings{Registries: test.registries, Region: test.region}
			})
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, target := range p.WithBuild(1).Targets {
				all = append(all, target.String())
			}
			if diff := cmp.Diff(test.want, strings.Join(all, ",")); diff != "" || p.Push != test.pushed {
				t.Errorf("push %v, targets (-want +got):\n%s", p.Push, diff)
			}
		})
	}
}

func TestDIST05Refused(t *testing.T) {
	for _, test := range []struct {
		name, repository, want, hint string
		tags                         []string
		push                         *bool
	}{
		{name: "no location", repository: "web", want: `recipe.yaml:3:50: repositoryName "web": no registry is set for repositories without a host`, hint: "write it with its host, set registries.default, or build without publishing: --no-push"},
		{name: "with tag", repository: "ghcr.io/web:1", want: `recipe.yaml:3:50: repositoryName "ghcr.io/web:1": a repository has neither tag nor digest`, hint: "further tags are given with --tag"},
		{name: "nowhere", push: new(true), want: "there is nowhere to push to", hint: "set targetRepository in the recipe, or use --tag REF"},
		{name: "digest", tags: []string{"acme/web@" + indexDigest}, want: `tag "acme/web@` + indexDigest + `": a digest cannot be assigned to an image`},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := head
			if test.repository != "" {
				text += "targetRepository: {service: ECR, repositoryName: '" + test.repository + "'}\n"
			}
			i := &images{}
			_, err := makePlan(t, map[string]string{"recipe.yaml": text}, func(o *Options) { o.Images, o.Tags, o.Push = i, test.tags, test.push })
			if err == nil || err.Error() != test.want || hint(err) != test.hint {
				t.Errorf("got %v, hint %q\nwant %s, hint %q", err, hint(err), test.want, test.hint)
			}
			if len(i.asked) > 0 {
				t.Errorf("images were looked up first: %q", i.asked)
			}
		})
	}
}
