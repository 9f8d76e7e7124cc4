package settings

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/oci/ref"
)

// Setting is one setting: its name, what it is for, and how it is read and written.
type Setting struct {
	Name  string // "aws.region"
	About string // what it decides, in a sentence without a full stop
	// Secret says that its values may be secrets, which are not to be shown.
	Secret bool

	read func(*Settings, value) // reports what is wrong with the value
	show func(Settings) any     // a string, bool, int, []string or map[string]string
}

// Value is what a setting is set to: a string, bool, int, []string or map[string]string.
func (s Setting) Value(of Settings) any { return s.show(of) }

// All are the settings, in the order of the documentation.
func All() []Setting { return slices.Clone(table) }

var table = []Setting{
	text("aws.partition", "partition in the ARNs that are written", func(s *Settings) *string { return &s.AWS.Partition },
		matches(`^aws[a-z-]*$`, "a partition, such as aws or aws-cn")),
	text("aws.region", "region in the ARNs that are written, and the home region of registries", func(s *Settings) *string { return &s.AWS.Region }, checkRegion),
	text("aws.account", "account in the ARNs that are written", func(s *Settings) *string { return &s.AWS.Account },
		matches(`^[0-9]{12}$`, "an account of 12 digits in quotes")),
	entries("registries", "where repositories without a host are, by region and under default; ecr means the registry of the account there",
		func(s *Settings) *map[string]string { return &s.Registries }, checkRegistryKey, checkLocation),
	entries("managedImages", "image that stands for a managed image of EC2 Image Builder, by its name",
		func(s *Settings) *map[string]string { return &s.ManagedImages }, matches(`^[a-z0-9-]+$`, "the name of a managed image in lower case"), checkImage),
	secret(entries("kms.keys", "URI of the key to use for a KMS ARN or for the id of a local key",
		func(s *Settings) *map[string]string { return &s.KMS.Keys }, filled, filled)),
	{
		Name: "kms.onUnmappedKey", About: "what to do with a KMS key that is not in kms.keys when there are no AWS credentials: error, or ignore, which stores in clear text",
		read: func(s *Settings, v value) { s.KMS.IgnoreUnmapped = v.oneOf("error", "ignore") == "ignore" },
		show: func(s Settings) any { return map[bool]string{false: "error", true: "ignore"}[s.KMS.IgnoreUnmapped] },
	},
	secret(text("store.defaultKey", "key that encrypts the components which name none; empty keeps them in clear text",
		func(s *Settings) *string { return &s.Store.DefaultKey }, anything)),
	flag("components.requireUniqueVersions", "whether other content under a version that exists is refused instead of becoming its next build",
		func(s *Settings) *bool { return &s.Components.RequireUniqueVersions }),
	number("components.noticeDays", "days before the end of support at which a component becomes deprecated",
		func(s *Settings) *int { return &s.Components.NoticeDays }, 1, 3650),
	flag("components.disableAtSupportEnd", "whether a component cannot be used any more when its support has ended",
		func(s *Settings) *bool { return &s.Components.DisableAtSupportEnd }),
	number("limits.componentsPerRecipe", "how many components a recipe may have", func(s *Settings) *int { return &s.Limits.ComponentsPerRecipe }, 1, 1000),
	{
		Name: "uri.fileRoots", About: "folders below which a server reads file:// addresses; the command line reads any file",
		read: func(s *Settings, v value) { s.URI.FileRoots = v.list(checkFolder) },
		show: func(s Settings) any { return append([]string{}, s.URI.FileRoots...) },
	},
	flag("uri.allowHttp", "whether http:// addresses are read from other machines too", func(s *Settings) *bool { return &s.URI.AllowHTTP }),
	text("builder.dockerImage", "image of the BuildKit that --builder docker runs; empty is moby/buildkit of the version inside slipway",
		func(s *Settings) *string { return &s.Builder.DockerImage }, anything),
	flag("api.strictLimits", "whether documents inside requests keep to the smaller limits of EC2 Image Builder", func(s *Settings) *bool { return &s.API.StrictLimits }),
}

func secret(s Setting) Setting {
	s.Secret = true
	return s
}

func text(name, about string, at func(*Settings) *string, check check) Setting {
	return Setting{
		Name: name, About: about,
		read: func(s *Settings, v value) { *at(s) = v.text(check) },
		show: func(s Settings) any { return *at(&s) },
	}
}

func flag(name, about string, at func(*Settings) *bool) Setting {
	return Setting{
		Name: name, About: about,
		read: func(s *Settings, v value) { *at(s) = v.flag() },
		show: func(s Settings) any { return *at(&s) },
	}
}

func number(name, about string, at func(*Settings) *int, least, most int) Setting {
	return Setting{
		Name: name, About: about,
		read: func(s *Settings, v value) { *at(s) = v.number(least, most) },
		show: func(s Settings) any { return *at(&s) },
	}
}

// entries is a setting that is a map of the user's own keys.
func entries(name, about string, at func(*Settings) *map[string]string, key, element check) Setting {
	return Setting{
		Name: name, About: about,
		read: func(s *Settings, v value) { *at(s) = v.entries(key, element) },
		show: func(s Settings) any { return cloned(*at(&s)) },
	}
}

// cloned gives a copy that is never nil, so that it is written as a map.
func cloned(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}

// check says what a text should have been, "" when it is right. It does not repeat the text, which may be a secret.
type check func(string) string

func anything(string) string { return "" }

func filled(text string) string {
	if strings.TrimSpace(text) == "" {
		return "a text"
	}
	return ""
}

func matches(pattern, want string) check {
	compiled := regexp.MustCompile(pattern)
	return func(text string) string {
		if compiled.MatchString(text) {
			return ""
		}
		return want
	}
}

var checkRegion = matches(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`, "a region, such as eu-central-1")

func checkRegistryKey(text string) string {
	if text == "default" || checkRegion(text) == "" {
		return ""
	}
	return "a region, such as eu-central-1, or default"
}

// checkLocation checks what stands before the name of a repository.
func checkLocation(text string) string {
	const want = `a registry, such as ghcr.io/acme or localhost:5000, or the word ecr`
	if text == "ecr" {
		return ""
	}
	host, _, _ := strings.Cut(text, "/")
	if !strings.ContainsAny(host, ".:") && host != "localhost" {
		return want
	}
	if r, err := ref.ParseRegistry(strings.TrimSuffix(text, "/") + "/repository"); err != nil || r.Digest != "" {
		return want
	}
	return ""
}

func checkImage(text string) string {
	if _, err := ref.ParseRegistry(text); err != nil {
		return "the reference of an image, such as docker.io/library/debian:12"
	}
	return ""
}

func checkFolder(text string) string {
	if !filepath.IsAbs(text) {
		return "the absolute path of a folder"
	}
	return ""
}

func between(least, most int) string {
	return fmt.Sprintf("a number from %s to %s", strconv.Itoa(least), strconv.Itoa(most))
}
