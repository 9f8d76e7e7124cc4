package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action/catalog"
)

func in(file string) func(line, column int) Text {
	return func(line, column int) Text {
		p := at(line, column)
		p.File = file
		return Text{Pos: p}
	}
}

// is gives the text a value.
func (t Text) is(value string) Text { t.Value = value; return t }

func TestTemplateYAML(t *testing.T) {
	file := filepath.Join("testdata", "template", "web.yml")
	r, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	at := in(file)
	document := r.Components[0].Document
	if document == nil || !strings.HasPrefix(document.Data.Value, "schemaVersion: 1.0\nparameters:\n") {
		t.Fatalf("document of the first component: %+v", document)
	}
	document.Data.Value = ""
	want := &Recipe{
		File: file, Dir: filepath.Dir(file),
		Name: at(38, 13).is("web"), Version: at(39, 16).is("1.4.0"), ParentImage: at(41, 20).is("amazonlinux:2023"),
		WorkingDirectory: at(43, 25).is("/opt/work"),
		TargetRepository: &Repository{Service: "ECR", Name: at(42, 56).is("web")},
		Components: []Component{
			{
				Reference:  at(45, 25).is("web.yml#Nginx"),
				Parameters: []Parameter{{Name: at(46, 31).is("Port"), Value: at(46, 45).is("8080")}},
				Document: &Document{
					Name: at(17, 13).is("slipway-nginx"), Version: at(18, 16).is("1.0.0"), Platform: "Linux",
					SupportedOSVersions: []string{"Amazon Linux 2023"}, Data: at(22, 13), Line: 23, Indent: 8,
				},
			},
			{Reference: at(34, 70).is("./checks.yaml")},
			{Reference: at(48, 25).is("arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x")},
		},
		Template: TemplateSource{Line: 50, Data: at(49, 31).is(
			"FROM {{{ imagebuilder:parentImage }}}\nENV VERSION=1.4.0 HOME_OF=${HOME}\n{{{ imagebuilder:components }}}\n",
		)},
		InstanceConfiguration: &InstanceConfiguration{
			BlockDeviceMappings: []BlockDeviceMapping{{DeviceName: "/dev/xvda", EBS: &EBS{VolumeSize: 30}}},
		},
		Tags: map[string]string{"Team": "web"},
		Warnings: []string{file + ":55:3: no effect, containers are built and not machines: " +
			"Infrastructure (AWS::ImageBuilder::InfrastructureConfiguration), Nginx.KmsKeyId, InstanceConfiguration"},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestTemplateJSON(t *testing.T) {
	r, err := Load(filepath.Join("testdata", "template", "web.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{
		r.Name.Value, r.Version.Value, r.ParentImage.Value, r.Template.Data.Value, r.Components[0].Reference.Value,
		r.Components[1].Reference.Value, r.Components[1].Document.Name.Value,
	}
	want := []string{
		"web", "1.4.0", "amazonlinux:2023", "FROM {{{ imagebuilder:parentImage }}}\nENV A=1.4.0\n{{{ imagebuilder:components }}}\n",
		"web.json#Nginx", "web.json#Nginx", "slipway-nginx",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load (-want +got):\n%s", diff)
	}
}

func TestDocumentOfTemplateKeepsItsPlacesAndBytes(t *testing.T) {
	actions, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("testdata", "template", "web.yml"))
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(string(text), "action: ExecuteBash", "action: ExecuteBahs", 1)
	r, err := Parse("web.yml", []byte(wrong))
	if err != nil {
		t.Fatal(err)
	}
	_, problems := r.Components[0].Document.Load(actions)
	if err := problems.Err(); err == nil || !strings.HasPrefix(err.Error(), "web.yml:30:25: ") {
		t.Errorf("a wrong action in line 30, column 25: %v", err)
	}
	r, err = Parse("web.yml", text)
	if err != nil {
		t.Fatal(err)
	}
	d := r.Components[0].Document
	loaded, problems := d.Load(actions)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if string(loaded.Bytes) != d.Data.Value || loaded.Parameters[0].Pos.Line != 25 {
		t.Errorf("bytes %q, parameter at %v", loaded.Bytes, loaded.Parameters[0].Pos)
	}
}

func TestAnswerOfGetContainerRecipe(t *testing.T) {
	r, err := Parse("answer.json", []byte(`{"requestId": "a1", "containerRecipe": {
	"arn": "arn:aws:imagebuilder:us-east-1:123456789012:container-recipe/web/1.4.0", "containerType": "DOCKER", "name": "web",
	"platform": "Linux", "owner": "123456789012", "version": "1.4.0", "encrypted": true, "dateCreated": "2026-01-01",
	"components": [{"componentArn": "arn:aws:imagebuilder:us-east-1:aws:component/update-linux/1.0.2/1"}],
	"instanceConfiguration": {}, "dockerfileTemplateData": "FROM {{{ imagebuilder:parentImage }}}\n", "tags": {},
	"kmsKeyId": "alias/x", "parentImage": "amazonlinux:2023", "workingDirectory": "/tmp",
	"targetRepository": {"service": "ECR", "repositoryName": "web"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Version.Value != "1.4.0" || r.PlatformOverride.Value != "Linux" || len(r.Components) != 1 || len(r.Warnings) != 1 {
		t.Errorf("got %+v", r)
	}
}

const resources = "Resources:\n  Web:\n    Type: AWS::ImageBuilder::ContainerRecipe\n    Properties:\n      Name: web\n"

var wrongTemplates = []struct{ name, text, want, hint string }{
	{
		"no recipe", "Resources: {Bucket: {Type: AWS::S3::Bucket}}\n",
		"t.yml:1:12: the template has no AWS::ImageBuilder::ContainerRecipe", "",
	},
	{
		"two recipes", "Resources:\n  A: {Type: AWS::ImageBuilder::ContainerRecipe}\n  B: {Type: AWS::ImageBuilder::ContainerRecipe}\n",
		"t.yml:2:3: the template has 2 container recipes: A, B", "name the one to build: t.yml#A",
	},
	{"no parent", resources, `t.yml:5:7: the recipe has no "ParentImage"`, ""},
	{
		"our spelling", resources + "      ParentImage: x\n      parentImage: x\n",
		`t.yml:7:7: unknown key "parentImage" in the recipe`, `did you mean "ParentImage"?`,
	},
	{
		"no default", "Parameters: {Parent: {Type: String}}\n" + resources + "      ParentImage: !Ref Parent\n",
		`t.yml:7:20: parameter "Parent" of the template has no default`, "give it a Default in the template",
	},
	{
		"no such parameter", "Parameters: {Parent: {Type: String}}\n" + resources + "      ParentImage: !Sub '${Parrent}:1'\n",
		`t.yml:7:20: the template has no parameter or resource "Parrent"`, `did you mean "Parent"?`,
	},
	{
		"function", resources + "      ParentImage: !ImportValue x\n",
		"t.yml:6:20: function Fn::ImportValue is not evaluated here", "put the value in its place",
	},
	{
		"no such condition", "Conditions: {Large: !Equals [a, b]}\n" + resources + "      ParentImage: !If [large, x, y]\n",
		`t.yml:7:20: the template has no condition "large"`, `did you mean "Large"?`,
	},
	{
		"condition of itself", "Conditions: {A: !Not [!Condition A]}\n" + resources + "      ParentImage: !If [A, x, y]\n",
		"t.yml:1:23: the template has too many functions inside functions", "",
	},
	{
		"index", resources + "      ParentImage: !Select [2, [x, y]]\n",
		`t.yml:6:29: the index of Fn::Select is "2"; a number from 0 to 1 is allowed`, "",
	},
	{
		"looked up when deployed", "Parameters: {Parent: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /p}}\n" + resources +
			"      ParentImage: !Ref Parent\n",
		`t.yml:7:20: parameter "Parent" of the template is looked up in Systems Manager when it is deployed`,
		"put the value in its place, or make it a String with that Default",
	},
	{
		"component in a text", resources + "      ParentImage: !Sub 'x-${C}'\n  C: {Type: AWS::ImageBuilder::Component}\n",
		"t.yml:6:20: a component cannot be a part of a text", "",
	},
	{
		"component without a document", resources + "      ParentImage: x\n      Components: [{ComponentArn: !Ref C}]\n" +
			"  C: {Type: AWS::ImageBuilder::Component, Properties: {Name: ccc, Version: 1.0.0, Platform: Linux}}\n",
		`t.yml:8:55: component "C" has neither Data nor Uri`, "",
	},
	{
		"alias of itself", resources + "      ParentImage: &a !Sub ['${x}${x}', {x: *a}]\n",
		"t.yml:6:20: the template has too many functions inside functions", "",
	},
}

func TestFunctionsThatChoose(t *testing.T) {
	for _, test := range []struct{ function, want string }{
		{"!If [Large, x, y]", "x"},
		{"{'Fn::If': [Small, x, y]}", "y"},
		{"!If [Both, x, y]", "y"},
		{"!If [Any, x, y]", "x"},
		{"!If [Named, !Sub '${Size}:1', y]", "large:1"},
		{"!Select [1, [x, y, z]]", "y"},
		{"{'Fn::Select': ['0', {'Fn::Split': ['/', 'a/b']}]}", "a"},
		{"!Select [0, !Ref List]", "p"},
	} {
		t.Run(test.function, func(t *testing.T) {
			r, err := Parse("t.yml", []byte(`Parameters:
  Size: {Type: String, Default: large}
  List: {Type: CommaDelimitedList, Default: 'p, q'}
Conditions:
  Large: !Equals [!Ref Size, large]
  Small: !Not [{Condition: Large}]
  Both: {'Fn::And': [!Condition Large, !Condition Small]}
  Any: !Or [!Condition Small, !Condition Large]
  Named: !Condition Any
`+resources+"      ParentImage: "+test.function+`
      Components:
        - {ComponentArn: first}
        - !If [Small, {ComponentArn: second}, !Ref AWS::NoValue]
        - !If [Large, {ComponentArn: third}, !Ref AWS::NoValue]
`))
			if err != nil {
				t.Fatal(err)
			}
			if r.ParentImage.Value != test.want {
				t.Errorf("%s is %q, want %q", test.function, r.ParentImage.Value, test.want)
			}
			if len(r.Components) != 2 || r.Components[0].Reference.Value != "first" || r.Components[1].Reference.Value != "third" {
				t.Errorf("components %+v, want the first and the third", r.Components)
			}
		})
	}
}

func TestProblemsOfTemplates(t *testing.T) {
	for _, test := range wrongTemplates {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("t.yml", []byte(test.text))
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

func TestLoadNamedResource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.yml")
	text := resources + "      ParentImage: x\n  Other:\n    Type: AWS::ImageBuilder::ContainerRecipe\n    Properties: {Name: other, ParentImage: y}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Load(file + "#Other")
	if err != nil || r.Name.Value != "other" || r.File != file {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err = Load(file + "#Othre")
	if want := file + `:2:3: the template has no resource "Othre"`; err == nil || err.Error() != want || firstHint(err) != `did you mean "Other"?` {
		t.Errorf("got %v, want %s; hint %q", err, want, firstHint(err))
	}
}

func FuzzTemplate(f *testing.F) {
	for _, name := range []string{"web.yml", "web.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", "template", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, test := range wrongTemplates {
		f.Add(test.text)
	}
	actions, err := catalog.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse("t.yml", []byte(text))
		if (r == nil) == (err == nil) {
			t.Fatalf("Parse gives %v and %v", r, err)
		}
		if r == nil {
			return
		}
		for _, c := range r.Components {
			if c.Document != nil {
				c.Document.Load(actions)
			}
		}
	})
}
