package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/settings"
)

const everything = `aws:
  partition: aws-cn
  region: cn-north-1
  account: 012345678901
registries:
  default: ghcr.io/acme
  cn-north-1: ecr
managedImages:
  amazon-linux-2-x86: localhost:5000/amazonlinux:2
kms:
  keys:
    base64key:sha256:0123456789abcdef: base64key://c2VjcmV0
    arn:aws:kms:eu-central-1:123456789012:alias/builds: hashivault://builds
  onUnmappedKey: ignore
store:
  defaultKey: base64key:sha256:0123456789abcdef
components:
  requireUniqueVersions: true
  noticeDays: 60
  disableAtSupportEnd: true
limits:
  componentsPerRecipe: 40
uri:
  fileRoots: [/srv/documents]
  allowHttp: true
builder:
  dockerImage: localhost:5000/buildkit:1
api:
  strictLimits: true
`

func TestEverySettingIsRead(t *testing.T) {
	got, err := settings.Parse("s.yaml", []byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	want := settings.Settings{
		File:          "s.yaml",
		AWS:           settings.AWS{Partition: "aws-cn", Region: "cn-north-1", Account: "012345678901"},
		Registries:    map[string]string{"default": "ghcr.io/acme", "cn-north-1": "ecr"},
		ManagedImages: map[string]string{"amazon-linux-2-x86": "localhost:5000/amazonlinux:2"},
		URI:           settings.URI{FileRoots: []string{"/srv/documents"}, AllowHTTP: true},
		KMS: settings.KMS{IgnoreUnmapped: true, Keys: map[string]string{
			"base64key:sha256:0123456789abcdef":                  "base64key://c2VjcmV0",
			"arn:aws:kms:eu-central-1:123456789012:alias/builds": "hashivault://builds",
		}},
		Store:      settings.Store{DefaultKey: "base64key:sha256:0123456789abcdef"},
		Components: settings.Components{RequireUniqueVersions: true, NoticeDays: 60, DisableAtSupportEnd: true},
		Limits:     settings.Limits{ComponentsPerRecipe: 40},
		API:        settings.API{StrictLimits: true},
		Builder:    settings.Builder{DockerImage: "localhost:5000/buildkit:1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range settings.All() {
		if !strings.Contains(everything, s.Name[strings.LastIndexByte(s.Name, '.')+1:]+":") {
			t.Errorf("%s is not in the test", s.Name)
		}
		if cmp.Equal(s.Value(got), s.Value(settings.Default())) {
			t.Errorf("%s is not read: %v", s.Name, s.Value(got))
		}
	}
}

func TestNothingSetIsTheDefault(t *testing.T) {
	want := settings.Default()
	for name, text := range map[string]string{"empty": "", "comment": "# nothing\n", "null": "aws:\nkms: ~\n", "empty value": "aws: {region: }\n"} {
		got, err := settings.Parse("s.yaml", []byte(text))
		got.File = ""
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	got, err := settings.Load(filepath.Join(t.TempDir(), "none.yaml"))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("no file: %v (-want +got):\n%s", err, diff)
	}
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	for _, tt := range []struct{ name, text, want, hint string }{
		{"unknown group", "awz:\n  region: x\n", `s.yaml:1:1: unknown setting "awz"`, `did you mean "aws"?`},
		{"unknown setting", "aws:\n  regoin: eu-central-1\n", `s.yaml:2:3: unknown setting "aws.regoin"`, `did you mean "region"?`},
		{"at another place", "noticeDays: 3\n", `s.yaml:1:1: unknown setting "noticeDays"`, `it is "noticeDays" in the group "components"`},
		{"nothing near", "aws: {zzzzzzzz: 1}\n", `s.yaml:1:7: unknown setting "aws.zzzzzzzz"`, "known are partition, region, account"},
		{"twice", "aws: {region: eu-central-1}\naws: {region: eu-west-1}\n", `s.yaml:2:1: "aws" is there twice, first in line 1`, ""},
		{"region", "aws: {region: here}\n", "s.yaml:1:15: aws.region is not a region, such as eu-central-1", ""},
		{"account", "aws: {account: 12}\n", "s.yaml:1:16: aws.account is not an account of 12 digits in quotes", ""},
		{"flag", "uri: {allowHttp: maybe}\n", "s.yaml:1:18: uri.allowHttp is not true or false", ""},
		{"number", "components: {noticeDays: 0}\n", "s.yaml:1:26: components.noticeDays is not a number from 1 to 3650", ""},
		{"no number", "limits: {componentsPerRecipe: many}\n", "s.yaml:1:31: limits.componentsPerRecipe is not a number from 1 to 1000", ""},
		{"choice", "kms: {onUnmappedKey: ignroe}\n", `s.yaml:1:22: kms.onUnmappedKey is "ignroe", not one of error, ignore`, `did you mean "ignore"?`},
		{"list", "uri: {fileRoots: /srv}\n", "s.yaml:1:18: uri.fileRoots is not a list", ""},
		{"relative folder", "uri: {fileRoots: [srv]}\n", "s.yaml:1:19: uri.fileRoots is not the absolute path of a folder", ""},
		{"registry", "registries: {default: acme}\n", "s.yaml:1:23: registries.default is not a registry, such as ghcr.io/acme or localhost:5000, or the word ecr", ""},
		{"registry of no region", "registries: {here: ghcr.io}\n", `s.yaml:1:14: the key "here" of registries is not a region, such as eu-central-1, or default`, ""},
		{"image", "managedImages: {a: 'A B'}\n", "s.yaml:1:20: managedImages.a is not the reference of an image, such as docker.io/library/debian:12", ""},
		{"keys", "kms: {keys: secret}\n", "s.yaml:1:13: kms.keys is not a map", ""},
		{"no map", "[]\n", "s.yaml:1:1: the file is not a map", ""},
		{"syntax", "aws: [\n", "s.yaml:", ""},
		{"two documents", "aws: {}\n---\naws: {}\n", "s.yaml:2:1: the settings are one YAML document, this file has a second", ""},
		{"no text", "a: \xff\n", "s.yaml: the settings are not UTF-8 text", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := settings.Parse("s.yaml", []byte(tt.text))
			one, ok := errors.AsType[*settings.Error](err)
			if !ok || !strings.HasPrefix(err.Error(), tt.want) || one.Hint() != tt.hint {
				t.Errorf("got %v\nwant %s, hint %q", err, tt.want, tt.hint)
			}
		})
	}
	_, err := settings.Parse("s.yaml", []byte("awz: 1\naws: {account: 1, region: 2}\n"))
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 3 {
		t.Errorf("not all of three problems are told: %v", err)
	}
}

func TestLoadOfAFileThatIsTooLarge(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(file, []byte("#"+strings.Repeat("x", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Load(file); err == nil || !strings.Contains(err.Error(), "1048576 bytes") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	s, err := settings.Parse("s.yaml", []byte("kms:\n  keys:\n    a: base64key://c2VjcmV0\n    b: hashivault://builds\nstore: {defaultKey: 'base64key://c2VjcmV0'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	shown, err := settings.Select([]string{"kms.keys", "store"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"kms":   map[string]any{"keys": map[string]string{"a": "base64key://...", "b": "hashivault://builds"}},
		"store": map[string]any{"defaultKey": "base64key://..."},
	}
	if diff := cmp.Diff(want, settings.Tree(s, shown)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSelect(t *testing.T) {
	for name, want := range map[string]int{"aws": 3, "aws.": 3, "aws.region": 1, "registries": 1} {
		if got, err := settings.Select([]string{name}); err != nil || len(got) != want {
			t.Errorf("%s: %d settings, %v; want %d", name, len(got), err, want)
		}
	}
	if _, err := settings.Select([]string{"aws.regoin"}); err == nil || !strings.Contains(err.Error(), "aws.regoin") {
		t.Errorf("got %v", err)
	}
}

// TestDocumentation: every setting is in the table of the page, with its default.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "settings.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings.All() {
		if !strings.Contains(string(page), "| `"+s.Name) || !strings.Contains(string(page), s.About) {
			t.Errorf("docs/settings.md has no row for %s: %s", s.Name, s.About)
		}
	}
	_, example, found := strings.Cut(string(page), "```yaml\n")
	example, _, ends := strings.Cut(example, "```")
	if !found || !ends {
		t.Fatal("there is no example")
	}
	if _, err := settings.Parse("docs/settings.md", []byte(example)); err != nil {
		t.Errorf("the example is wrong: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{everything, "a: &a [*a]", "aws: {<<: {region: x}}", "kms: {keys: {? [a] : b}}", "---\n---"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := settings.Parse("s.yaml", []byte(text))
		if err == nil && (s.Limits.ComponentsPerRecipe < 1 || s.Components.NoticeDays < 1) {
			t.Errorf("%q gives %+v", text, s)
		}
	})
}
