package recipe_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/builder/recipe"
)

// compiled returns the schema of recipes, ready to check values.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := recipe.Schema()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("recipe.json", value); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("recipe.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaTakesExamples checks every recipe of the examples against the schema.
func TestSchemaTakesExamples(t *testing.T) {
	s := compiled(t)
	files, err := filepath.Glob("../../examples/*/recipe.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := yaml.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(value); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

const plainRecipe = "name: demo\nparentImage: scratch\n"

// TestSchemaAgreesWithLoad shows that the schema takes what the reader takes, and refuses the mistakes of form that the
// reader refuses.
func TestSchemaAgreesWithLoad(t *testing.T) {
	s := compiled(t)
	for _, text := range []string{
		plainRecipe,
		plainRecipe + "semanticVersion: 1.0.0\ndescription: ~\nplatformOverride: Linux\nworkingDirectory: /work\ncontainerType: DOCKER\n",
		plainRecipe + "components:\n- component: a.yaml\n  cache: no\n  budget: {size: 20MB, files: 100, seconds: 1.5}\n" +
			"  parameters: [{name: Port, value: [8080]}, {name: Word, value: x}, {name: Empty, value: [~]}]\n- {componentArn: b/1.x.x}\n",
		plainRecipe + "tags: {team: web, number: 1, none: ~}\nbudgets: {image: {files: '7'}, component: {size: 5}}\n",
		plainRecipe + "targetRepository: {service: OCI, repositoryName: localhost:5000/demo}\ndockerfileTemplateUri: Dockerfile\nkmsKeyId: k\n",
		plainRecipe + "instanceConfiguration: {image: ami, blockDeviceMappings: [{deviceName: d, ebs: {iops: 100, encrypted: true, volumeType: gp3}}]}\n",
		plainRecipe + "reports: [/r/*.xml, {path: /r/j.xml, type: junit}]\nimageTestsConfiguration: {imageTestsEnabled: false, timeoutMinutes: 5}\n",
		plainRecipe + "reports: [{type: junit}]\n", plainRecipe + "reports: [{path: /r, type: xml}]\n",
		"name: demo\n", plainRecipe + "nam: x\n", plainRecipe + "containerType: OCI\n", plainRecipe + "components: {component: a}\n",
		plainRecipe + "components: [{parameters: []}]\n", plainRecipe + "components: [{componnet: a}]\n", plainRecipe + "components: [a.yaml]\n",
		plainRecipe + "components: [{component: a, parameters: [{name: Port, value: [1, 2]}]}]\n",
		plainRecipe + "components: [{component: a, parameters: [{name: Port}]}]\n", plainRecipe + "components: [{component: a, budget: {files: 0}}]\n",
		plainRecipe + "targetRepository: {service: OCI}\n", plainRecipe + "tags: [a]\n", plainRecipe + "platformOverride: linux\n",
		plainRecipe + "instanceConfiguration: {blockDeviceMappings: [{ebs: {volumeType: gp1}}]}\n", plainRecipe + "description: [a]\n", "- a\n",
	} {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		_, loadErr := recipe.Parse("recipe.yaml", []byte(text))
		if err := s.Validate(value); (err == nil) != (loadErr == nil) {
			t.Errorf("the schema says %v, the reader %v:\n%s", err, loadErr, text)
		}
	}
}

// TestSchemaDescribesKeys shows that an editor has something to say about every key of a recipe and its components.
func TestSchemaDescribesKeys(t *testing.T) {
	var check func(where string, s *jsonschema.Schema)
	check = func(where string, s *jsonschema.Schema) {
		for key, p := range s.Properties {
			if p.Description == "" {
				t.Errorf("%s%s has no description", where, key)
			}
			if items, ok := p.Items.(*jsonschema.Schema); ok {
				check(where+key+".", items)
			}
		}
	}
	check("", compiled(t))
}
