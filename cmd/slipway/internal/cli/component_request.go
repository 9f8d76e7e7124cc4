package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// requestOptions are the members of a request for a new component as flags, named as those of the AWS CLI.
type requestOptions struct {
	flags *pflag.FlagSet
	input string // --cli-input-json
	read  bool   // whether the argument of the command was a request

	name, version, description, changeDescription, platform string
	osVersions                                              []string
	data, uri, kmsKey, clientToken                          string
	tags                                                    map[string]string
	dryRun                                                  bool
	supportEnd, replacedBy                                  string
	kind                                                    string // --type, of an import
	format                                                  string // "SHELL", of an import
}

// AddFlags adds the flags that create and import share.
func (o *requestOptions) AddFlags(fs *pflag.FlagSet) {
	o.flags = fs
	fs.StringVar(&o.name, "name", "", "`NAME` of the component (default: the document's, else that of the file)")
	fs.StringVar(&o.version, "semantic-version", "", "`VERSION`, major.minor.patch")
	fs.StringVar(&o.platform, "platform", "Linux", "`PLATFORM` that it is for: Linux, Windows or macOS")
	fs.StringVar(&o.description, "description", "", "`TEXT` that says what it does (default: the document's)")
	fs.StringVar(&o.changeDescription, "change-description", "", "`TEXT` that says what is new in this version")
	fs.StringSliceVar(&o.osVersions, "supported-os-versions", nil, "`LIST` of beginnings of names of operating systems, such as 'Ubuntu 24'")
	fs.StringVar(&o.data, "data", "", "content as `TEXT`, or file://PATH")
	fs.StringVar(&o.uri, "uri", "", "`ADDRESS` of the content: file://, https://, s3:// or oci://, read once")
	fs.StringVar(&o.kmsKey, "kms-key-id", "", "`KEY` to encrypt it with at rest")
	fs.StringToStringVar(&o.tags, "tags", nil, "tags as `KEY=VALUE,...`")
	fs.Lookup("tags").DefValue = ""
	fs.StringVar(&o.clientToken, "client-token", "", "`TOKEN`, accepted for scripts of the AWS CLI; has no meaning here")
	fs.StringVar(&o.input, "cli-input-json", "", "read the request from JSON or YAML: `TEXT` or file://PATH; other flags win")
	fs.StringVar(&o.supportEnd, "support-end", "", "`DATE` on which its support ends, such as 2031-04-09")
	fs.StringVar(&o.replacedBy, "replaced-by", "", "`REFERENCE` of the component to use afterwards")
}

// request puts together what the flags, a file with a request and a file with content ask for. file may be "", and
// "-" for stdin.
func (o *requestOptions) request(file string, stdin io.Reader) (library.Request, error) {
	var r library.Request
	if o.input != "" {
		text, source, err := textOf(o.input, "--cli-input-json")
		if err != nil {
			return r, err
		}
		if r, err = parseRequest(source, text, o.imports()); err != nil {
			return r, err
		}
	}
	if file != "" {
		if err := o.file(&r, file, stdin); err != nil {
			return r, err
		}
	}
	return r, o.override(&r)
}

// file reads the argument of the command: a request, or the content of a component.
func (o *requestOptions) file(r *library.Request, file string, stdin io.Reader) error {
	in := stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return err
		}
		defer opened.Close()
		in = opened
	}
	data, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err != nil {
		return fmt.Errorf("reading %q: %w", file, err)
	}
	if o.input == "" && isRequest(data) {
		if len(data) > maxRequest {
			return fmt.Errorf("request %q has more than %d bytes", file, maxRequest)
		}
		o.read = true
		*r, err = parseRequest(file, data, o.imports())
		return err
	}
	if err := o.checkKind(file, data); err != nil {
		return err
	}
	head := headOf(data)
	if text := strings.TrimSpace(head.Description); r.Description == nil && !o.imports() && text != "" && utf8.RuneCountInString(text) <= maxDescription {
		r.Description = &text
	}
	if file == "-" {
		text := string(data)
		r.Data, r.Name = &text, cmp.Or(r.Name, head.Name)
		return nil
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	uri := "file://" + filepath.ToSlash(abs)
	r.URI = &uri
	r.Name = cmp.Or(r.Name, head.Name, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
	return nil
}

// imports reports whether the request is one for an import, which has flags of its own.
func (o *requestOptions) imports() bool { return o.flags.Lookup("type") != nil }

// override puts the flags that were given over the members of the request.
func (o *requestOptions) override(r *library.Request) error {
	set := func(name string) bool { return o.flags.Changed(name) }
	text := func(to *string, name, value string) {
		if set(name) {
			*to = value
		}
	}
	optional := func(to **string, name, value string) {
		if set(name) {
			*to = &value
		}
	}
	text(&r.Name, "name", o.name)
	text(&r.Version, "semantic-version", o.version)
	if set("platform") || r.Platform == "" {
		r.Platform = o.platform
	}
	optional(&r.Description, "description", o.description)
	optional(&r.ChangeDescription, "change-description", o.changeDescription)
	optional(&r.KMSKey, "kms-key-id", o.kmsKey)
	optional(&r.URI, "uri", o.uri)
	text(&r.ClientToken, "client-token", o.clientToken)
	text(&r.SupportEnd, "support-end", o.supportEnd)
	text(&r.ReplacedBy, "replaced-by", o.replacedBy)
	text(&r.Type, "type", o.kind)
	if o.format != "" {
		r.Format = o.format
	}
	if set("supported-os-versions") {
		r.SupportedOSVersions = o.osVersions
	}
	if set("tags") {
		r.Tags = o.tags
	}
	if set("dry-run") {
		r.DryRun = o.dryRun
	}
	if set("data") {
		content, _, err := textOf(o.data, "--data")
		if err != nil {
			return err
		}
		data := string(content)
		r.Data = &data
	}
	return nil
}

// maxRequest is the largest request that is read.
const maxRequest = 1 << 20

// textOf is a flag's text, or the file that it names with file://, as in the AWS CLI.
func textOf(value, flag string) (text []byte, source string, err error) {
	path, isFile := strings.CutPrefix(value, "file://")
	if !isFile {
		return []byte(value), flag, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, maxRequest+1))
	if err == nil && len(text) > maxRequest {
		err = fmt.Errorf("%s: %q has more than %d bytes", flag, path, maxRequest)
	}
	return text, path, err
}

// maxDescription is how many characters a description may have.
const maxDescription = 1024

// documentHead is what a document says of itself.
type documentHead struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// headOf is empty for what is no document: that is told later, with its place.
func headOf(data []byte) (head documentHead) {
	if yaml.Unmarshal(data, &head) != nil {
		return documentHead{}
	}
	return head
}

// checkKind refuses a script where a document is expected, and a document where a script is.
func (o *requestOptions) checkKind(file string, data []byte) error {
	var keys map[string]yaml.Node
	isMap := yaml.Unmarshal(data, &keys) == nil
	_, hasPhases := keys["phases"]
	switch {
	case o.imports() && hasPhases:
		return usageError{fmt.Errorf("%q is a component document, not a script", file), "slipway component create puts it into the store"}
	case !o.imports() && !isMap && (bytes.HasPrefix(data, []byte("#!")) || slices.Contains([]string{".sh", ".bash", ".ps1"}, strings.ToLower(filepath.Ext(file)))):
		return usageError{fmt.Errorf("%q is a script, not a component document", file), "slipway component import makes a component of it"}
	}
	return nil
}

// isRequest tells the body of a request from a document.
func isRequest(data []byte) bool {
	var keys map[string]yaml.Node
	if yaml.Unmarshal(data, &keys) != nil {
		return false
	}
	_, document := keys["phases"]
	for _, key := range []string{"semanticVersion", "data", "uri", "platform", "clientToken"} {
		if _, ok := keys[key]; ok && !document {
			return true
		}
	}
	return false
}

// requestMembers are those of CreateComponent, and behind them those that only ImportComponent has.
var requestMembers = []string{
	"name", "semanticVersion", "description", "changeDescription", "platform", "supportedOsVersions", "data", "uri", "kmsKeyId",
	"tags", "clientToken", "dryRun", "type", "format",
}

// parseRequest reads the body of CreateComponent or ImportComponent, as JSON or YAML.
func parseRequest(source string, data []byte, script bool) (library.Request, error) {
	members := requestMembers
	if !script {
		members = members[:len(members)-2]
	}
	var root yaml.Node
	if err := yaml.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &root); err != nil {
		return library.Request{}, fmt.Errorf("request %q is not valid JSON or YAML: %w", source, err)
	}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return library.Request{}, fmt.Errorf("request %q is not an object", source)
	}
	var problems []error
	for i := 0; i+1 < len(root.Content[0].Content); i += 2 {
		key := root.Content[0].Content[i]
		if !slices.Contains(members, key.Value) {
			problems = append(problems, usageError{
				fmt.Errorf("%s:%d:%d: unknown member %q in the request", source, key.Line, key.Column, key.Value),
				cmp.Or(near.Hint(key.Value, members), "known members: "+strings.Join(members, ", ")),
			})
		}
	}
	var body struct {
		Name                string            `yaml:"name"`
		SemanticVersion     string            `yaml:"semanticVersion"`
		Description         *string           `yaml:"description"`
		ChangeDescription   *string           `yaml:"changeDescription"`
		Platform            string            `yaml:"platform"`
		SupportedOSVersions []string          `yaml:"supportedOsVersions"`
		Data                *string           `yaml:"data"`
		URI                 *string           `yaml:"uri"`
		KMSKeyID            *string           `yaml:"kmsKeyId"`
		Tags                map[string]string `yaml:"tags"`
		ClientToken         string            `yaml:"clientToken"`
		DryRun              bool              `yaml:"dryRun"`
		Type                string            `yaml:"type"`
		Format              string            `yaml:"format"`
	}
	if err := root.Decode(&body); err != nil {
		problems = append(problems, fmt.Errorf("request %q: %w", source, err))
	}
	return library.Request{
		Name: body.Name, Version: body.SemanticVersion, Description: body.Description, ChangeDescription: body.ChangeDescription,
		Platform: body.Platform, SupportedOSVersions: body.SupportedOSVersions, Data: body.Data, URI: body.URI,
		KMSKey: body.KMSKeyID, Tags: body.Tags, ClientToken: body.ClientToken, DryRun: body.DryRun,
		Type: body.Type, Format: body.Format,
	}, errors.Join(problems...)
}
