package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/document"
)

func at(line, column int) document.Pos {
	return document.Pos{File: "recipe.yaml", Line: line, Column: column}
}

func TestREC01MinimumAndDefaults(t *testing.T) {
	r, err := Parse("recipe.yaml", []byte("name: web\nparentImage: debian:12\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := &Recipe{
		File: "recipe.yaml", Dir: ".",
		Name: Text{"web", at(1, 7)}, Version: Text{Value: "1.0.0"}, ParentImage: Text{"debian:12", at(2, 14)},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

const full = `name: web-base
semanticVersion: 1.4.0
description: A base.
containerType: DOCKER
parentImage: debian:12
platformOverride: Linux
imageOsVersionOverride: Debian 12
workingDirectory: /opt/work
components:
  - component: nginx/1.x.x
    parameters: [{name: ListenPort, value: ['8080']}, {name: Mode, value: 0644}]
  - componentArn: arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x
  - component: ./checks/http.yaml
dockerfileTemplateData: |
  FROM {{{ imagebuilder:parentImage }}}
  {{{ imagebuilder:components }}}
targetRepository: {service: OCI, repositoryName: localhost:5000/web-base}
tags: {team: web, empty: ''}
kmsKeyId: alias/x
instanceConfiguration:
  image: ami-12345678
  blockDeviceMappings:
    - deviceName: /dev/xvda
      ebs: {volumeSize: 30, volumeType: gp3, encrypted: true}
`

func TestEveryMember(t *testing.T) {
	r, err := Parse("recipe.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	encrypted := true
	want := &Recipe{
		File: "recipe.yaml", Dir: ".",
		Name: Text{"web-base", at(1, 7)}, Version: Text{"1.4.0", at(2, 18)}, Description: "A base.",
		ParentImage: Text{"debian:12", at(5, 14)}, PlatformOverride: Text{"Linux", at(6, 19)},
		ImageOSVersionOverride: "Debian 12", WorkingDirectory: Text{"/opt/work", at(8, 19)},
		Components: []Component{
			{Reference: Text{"nginx/1.x.x", at(10, 16)}, Parameters: []Parameter{
				{Text{"ListenPort", at(11, 25)}, Text{"8080", at(11, 45)}},
				{Text{"Mode", at(11, 62)}, Text{"0644", at(11, 75)}},
			}},
			{Reference: Text{"arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x", at(12, 19)}},
			{Reference: Text{"./checks/http.yaml", at(13, 16)}},
		},
		Template: TemplateSource{
			Data: Text{"FROM {{{ imagebuilder:parentImage }}}\n{{{ imagebuilder:components }}}\n", at(14, 25)}, Line: 15,
		},
		TargetRepository: &Repository{Service: "OCI", Name: Text{"localhost:5000/web-base", at(17, 50)}},
		Tags:             map[string]string{"team": "web", "empty": ""},
		KMSKeyID:         "alias/x",
		InstanceConfiguration: &InstanceConfiguration{Image: "ami-12345678", BlockDeviceMappings: []BlockDeviceMapping{
			{DeviceName: "/dev/xvda", EBS: &EBS{VolumeSize: 30, VolumeType: "gp3", Encrypted: &encrypted}},
		}},
		Warnings: []string{"recipe.yaml:21:3: no effect, containers are built and not machines: instanceConfiguration"},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
}

func TestJSONOfTheSameMembers(t *testing.T) {
	r, err := Parse("recipe.json", []byte(`{
	"containerType": "DOCKER", "name": "web", "semanticVersion": "1.0.0", "clientToken": "abc",
	"parentImage": "debian:12", "platformOverride": null,
	"components": [{"componentArn": "nginx", "parameters": [{"name": "Port", "value": ["80"]}]}]
}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Name.Value != "web" || r.Components[0].Parameters[0].Value.Value != "80" || r.PlatformOverride.Value != "" {
		t.Errorf("got %+v", r)
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	r, err := Parse("recipe.yaml", []byte(`name: web
parentImage: debian:12
components:
  - &app
    component: ./app.yaml
    parameters: &p [{name: Port, value: '80'}]
  - <<: *app
    component: ./other.yaml
  - {component: ./third.yaml, parameters: *p}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.Components {
		got = append(got, c.Reference.Value+" "+c.Parameters[0].Value.Value)
	}
	if diff := cmp.Diff([]string{"./app.yaml 80", "./other.yaml 80", "./third.yaml 80"}, got); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
}

const head = "name: web\nparentImage: debian:12\n"

var wrong = []struct{ name, text, want, hint string }{
	{"empty", "", "recipe.yaml:1:1: the recipe is empty", ""},
	{"comments only", "# nothing\n", "recipe.yaml:1:1: the recipe is empty", ""},
	{"no YAML", "name: [", "recipe.yaml:1: not valid YAML: did not find expected node content", ""},
	{"list", "- name: web\n", "recipe.yaml:1:1: the recipe is a list, not a map", ""},
	{"two documents", head + "---\nname: x\n", "recipe.yaml:3:1: a recipe file holds one YAML document, this one has a second", ""},
	{"no UTF-8", "name: \xff\n", "recipe.yaml: the recipe is not UTF-8 text", ""},
	{"nothing required", "description: x\n", "recipe.yaml:1:1: the recipe has no \"name\"\nrecipe.yaml:1:1: the recipe has no \"parentImage\"", ""},
	{"unknown key", head + "parrentImage: x\n", `recipe.yaml:3:1: unknown key "parrentImage" in the recipe`, `did you mean "parentImage"?`},
	{"unknown key of an entry", head + "components:\n  - component: a\n    params: []\n    kind: x\n", "recipe.yaml:5:5: unknown key \"params\" in an entry of components\nrecipe.yaml:6:5: unknown key \"kind\" in an entry of components", "known keys: component, componentArn, parameters, cache, budget"},
	{"key twice", head + "name: other\n", `recipe.yaml:3:1: key "name" is there twice, first in line 1`, ""},
	{"name", "name: a/b\nparentImage: x\n", `recipe.yaml:1:7: name "a/b" is not allowed`, "3 to 128 letters, digits, - and _, with blanks only between them"},
	{"version", head + "semanticVersion: 1.0\n", `recipe.yaml:3:18: semanticVersion: version "1.0" is not major.minor.patch (numbers, or x for a node left open)`, ""},
	{"version node", head + "semanticVersion: 1.0.1073741824\n", `recipe.yaml:3:18: semanticVersion: version "1.0.1073741824": node 1073741824 is larger than 1073741823`, ""},
	{"version wildcard", head + "semanticVersion: x.2.x\n", `recipe.yaml:3:18: semanticVersion: version "x.2.x": every node to the right of an x must be x`, ""},
	{"empty description", head + "description: ''\n", "recipe.yaml:3:14: description is empty", ""},
	{"long description", head + "description: " + strings.Repeat("é", 1025) + "\n", "recipe.yaml:3:14: description has 1025 characters; 1 to 1024 are allowed", ""},
	{"container type", head + "containerType: DOKCER\n", `recipe.yaml:3:16: containerType is "DOKCER"; allowed: DOCKER`, `did you mean "DOCKER"?`},
	{"macOS", head + "platformOverride: macOS\n", `recipe.yaml:3:19: platformOverride is "macOS"; there are no macOS containers`, ""},
	{"relative folder", head + "workingDirectory: tmp\n", `recipe.yaml:3:19: workingDirectory "tmp" is not an absolute path`, ""},
	{"component and ARN", head + "components: [{component: a, componentArn: b}]\n", "recipe.yaml:3:43: component and componentArn are both set; an entry names one component", ""},
	{"no component", head + "components: [{parameters: []}]\n", `recipe.yaml:3:14: an entry of components has no "component"`, ""},
	{"component is a text", head + "components: [nginx]\n", "recipe.yaml:3:14: an entry of components is a text, not a map", ""},
	{"components is a map", head + "components: {a: b}\n", "recipe.yaml:3:13: components is a map, not a list", ""},
	{"parameter twice", head + "components: [{component: a, parameters: [{name: P, value: 1}, {name: P, value: 2}]}]\n", `recipe.yaml:3:63: parameter "P" is set twice, first in line 3`, ""},
	{"parameter without value", head + "components: [{component: a, parameters: [{name: P, value: }]}]\n", `recipe.yaml:3:42: an entry of parameters has no "value"`, ""},
	{"both templates", head + "dockerfileTemplateData: FROM x\ndockerfileTemplateUri: file://x\n", "recipe.yaml:4:24: dockerfileTemplateUri and dockerfileTemplateData are both set; a recipe has one template", ""},
	{"large template", head + "dockerfileTemplateData: " + strings.Repeat("x", 65536) + "\n", "recipe.yaml:3:25: dockerfileTemplateData has 65536 bytes; at most 65535 are allowed", "keep it as a file and name it with dockerfileTemplateUri"},
	{"service", head + "targetRepository: {service: GCR, repositoryName: x}\n", `recipe.yaml:3:29: service is "GCR"; allowed: ECR, OCI`, `did you mean "ECR"?`},
	{"repository", head + "targetRepository: {service: ECR}\n", `recipe.yaml:3:19: targetRepository has no "repositoryName"`, ""},
	{"tag key", head + "tags: {'aws:x': y}\n", `recipe.yaml:3:8: tag key "aws:x" is not allowed`, "letters, digits, blanks and _.:/=+-@, not starting with aws:"},
	{"tag value", head + "tags: {x: " + strings.Repeat("v", 257) + "}\n", `recipe.yaml:3:11: the value of tag "x" has 257 characters; 0 to 256 are allowed`, ""},
	{"disk", head + "instanceConfiguration: {blockDeviceMappings: [{ebs: {iops: 99, volumeType: gp4, encrypted: maybe}}]}\n", "recipe.yaml:3:60: iops is \"99\"; a number from 100 to 64000 is allowed\nrecipe.yaml:3:76: volumeType is \"gp4\"; allowed: standard, io1, io2, gp2, gp3, sc1, st1\nrecipe.yaml:3:92: encrypted is \"maybe\"; true or false is allowed", `did you mean "gp2"?`},
	{"merge of itself", head + "tags: &t {x: y}\ntargetRepository: &r {<<: *r, service: OCI, repositoryName: x}\n", "recipe.yaml:4:19: merge keys are nested more than 16 deep", ""},
}

func TestEveryProblemWithItsPlace(t *testing.T) {
	for _, test := range wrong {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("recipe.yaml", []byte(test.text))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if got := firstHint(err); got != test.hint {
				t.Errorf("hint %q, want %q", got, test.hint)
			}
		})
	}
}

func TestMergeKeysThatMultiplyAreBounded(t *testing.T) {
	text := "name: web\nparentImage: debian:12\ntags: &a0 {x: y}\n"
	for i := range 12 {
		text += fmt.Sprintf("a%d: &a%d {<<: [%s]}\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 20))
	}
	_, err := Parse("recipe.yaml", []byte(text+"targetRepository: {<<: *a12}\n"))
	if err == nil || !strings.Contains(err.Error(), "there are more than 1000 merge keys") {
		t.Errorf("got %v", err)
	}
}

func TestREC04TwentyComponents(t *testing.T) {
	text := head + "components:\n" + strings.Repeat("  - component: a\n", 20)
	if _, err := Parse("recipe.yaml", []byte(text)); err != nil {
		t.Errorf("20 components: %v", err)
	}
	_, err := Parse("recipe.yaml", []byte(text+"  - component: a\n"))
	if want := "recipe.yaml:4:3: components has 21 entries; at most 20 are allowed"; err == nil || err.Error() != want {
		t.Errorf("21 components: got %v, want %s", err, want)
	}
}

func TestREC05ParameterValues(t *testing.T) {
	for _, test := range []struct{ value, want, wantErr string }{
		{"['8080']", "8080", ""},
		{"8080", "8080", ""},
		{"''", "", ""},
		{"[null]", "", ""},
		{"1.10", "1.10", ""},
		{"[]", "", "recipe.yaml:5:35: the value of a parameter has 0 elements; exactly one is allowed"},
		{"[a, b]", "", "recipe.yaml:5:35: the value of a parameter has 2 elements; exactly one is allowed"},
		{"{a: b}", "", "recipe.yaml:5:35: the value of a parameter is a map, not a text"},
		{"[[a]]", "", "recipe.yaml:5:36: the value of a parameter is a list, not a text"},
	} {
		t.Run(test.value, func(t *testing.T) {
			r, err := Parse("recipe.yaml", []byte(head+"components:\n  - component: a\n    parameters: [{name: P, value: "+test.value+"}]\n"))
			switch {
			case test.wantErr != "":
				if err == nil || err.Error() != test.wantErr {
					t.Errorf("got %v, want %s", err, test.wantErr)
				}
			case err != nil:
				t.Error(err)
			case r.Components[0].Parameters[0].Value.Value != test.want:
				t.Errorf("got %q, want %q", r.Components[0].Parameters[0].Value.Value, test.want)
			}
		})
	}
}

func TestREC14InstanceConfigurationIsKeptAndWarnedAbout(t *testing.T) {
	r, err := Parse("recipe.yaml", []byte(head+`instanceConfiguration:
  image: ami-12345678
  blockDeviceMappings:
    - {deviceName: /dev/xvdb, virtualName: ephemeral0, noDevice: ''}
    - deviceName: /dev/xvda
      ebs: {encrypted: true, deleteOnTermination: false, iops: 100, kmsKeyId: k, snapshotId: snap-1, volumeSize: 16000, volumeType: io2, throughput: 1000}
`))
	if err != nil {
		t.Fatal(err)
	}
	yes, no, empty := true, false, ""
	want := &InstanceConfiguration{Image: "ami-12345678", BlockDeviceMappings: []BlockDeviceMapping{
		{DeviceName: "/dev/xvdb", VirtualName: "ephemeral0", NoDevice: &empty},
		{DeviceName: "/dev/xvda", EBS: &EBS{
			Encrypted: &yes, DeleteOnTermination: &no, IOPS: 100, KMSKeyID: "k", SnapshotID: "snap-1",
			VolumeSize: 16000, VolumeType: "io2", Throughput: 1000,
		}},
	}}
	if diff := cmp.Diff(want, r.InstanceConfiguration); diff != "" {
		t.Errorf("instanceConfiguration (-want +got):\n%s", diff)
	}
	warning := "recipe.yaml:4:3: no effect, containers are built and not machines: instanceConfiguration"
	if diff := cmp.Diff([]string{warning}, r.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestREC16OneTemplateAndItNamesTheParent(t *testing.T) {
	both := head + "dockerfileTemplateData: FROM {{{ imagebuilder:parentImage }}}\ndockerfileTemplateUri: ./Dockerfile\n"
	_, err := Parse("recipe.yaml", []byte(both))
	if want := "recipe.yaml:4:24: dockerfileTemplateUri and dockerfileTemplateData are both set; a recipe has one template"; err == nil || err.Error() != want {
		t.Errorf("both: got %v, want %s", err, want)
	}
	for _, template := range []string{"FROM debian", "FROM debian\nLABEL a={{{ imagebuilder:parentImage }}}", "# {{{ imagebuilder:parentImage }}}\nFROM debian"} {
		r, err := Parse("recipe.yaml", []byte(head+"dockerfileTemplateData: |\n  "+strings.ReplaceAll(template, "\n", "\n  ")+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.ReadTemplate(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "{{{ imagebuilder:parentImage }}}") {
			t.Errorf("%q: got %v", template, err)
		}
	}
}

func TestLoadFolderAndFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, FileName)
	if err := os.WriteFile(file, []byte(head), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, file} {
		r, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if r.File != file || r.Dir != dir {
			t.Errorf("Load(%q): file %q in %q", path, r.File, r.Dir)
		}
	}
	_, err := Load(filepath.Join(dir, "none.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || firstHint(err) == "" {
		t.Errorf("missing file: %v, hint %q", err, firstHint(err))
	}
}

func TestVersionNext(t *testing.T) {
	for _, test := range []struct {
		pattern  string
		existing []Version
		want     string
	}{
		{"1.0.x", []Version{{1, 0, 4}, {1, 2, 0}}, "1.0.5"},
		{"1.x.x", []Version{{1, 2, 5}}, "1.3.0"},
		{"x.x.x", []Version{{2, 2, 4}}, "3.0.0"},
		{"1.0.x", nil, "1.0.0"},
		{"2.x.x", []Version{{1, 2, 5}}, "2.0.0"},
		{"x.x.x", nil, "1.0.0"},
		{"1.2.3", []Version{{9, 9, 9}}, "1.2.3"},
	} {
		v, err := ParseVersion(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Next(test.existing).String(); got != test.want {
			t.Errorf("%s after %v: got %s, want %s", test.pattern, test.existing, got, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full)
	for _, test := range wrong {
		if len(test.text) < 1000 {
			f.Add(test.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse("recipe.yaml", []byte(text))
		if (r == nil) == (err == nil) {
			t.Errorf("Parse gives %v and %v", r, err)
		}
	})
}
