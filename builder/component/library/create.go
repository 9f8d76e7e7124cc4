package library

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/builder/component/convert"
	"github.com/slipway-oci/slipway/builder/component/fetch"
	"github.com/slipway-oci/slipway/runner/document"
)

// The limits of documents, in bytes unless they say otherwise.
const (
	maxData       = 65535 // inside a request
	maxURI        = document.MaxFile
	strictData    = 16000 // characters
	strictImports = 1024  // characters
)

// Request asks for a new component. Optional members are absent when nil or empty.
type Request struct {
	Namespace           string // "" means Own
	Name                string
	Version             string // semanticVersion
	Description         *string
	ChangeDescription   *string
	Platform            string
	SupportedOSVersions []string
	Data                *string // the document or script; exactly one of Data and URI is given
	URI                 *string // where it is read, once
	Content             []byte  // what is behind URI, when the caller has read it; nil has it read here
	KMSKey              *string
	Tags                map[string]string
	ClientToken         string
	DryRun              bool // check all, store nothing

	Type   string // Import only: "BUILD" or "TEST"
	Format string // Import only: "SHELL"

	SupportEnd string // a date such as 2031-04-09
	ReplacedBy string
}

// Created is what became of a request.
type Created struct {
	Component Component
	// Unchanged says that the newest build of the version is the same, and stands as it was: new tags and descriptions
	// are not applied.
	Unchanged bool
	Warnings  []string
}

// Create makes a component of a document. Content like that of the newest build of the version makes no new build.
// Problems of the request are reported together, and those of the document with their places.
func (l *Library) Create(ctx context.Context, r Request) (Created, error) {
	return l.create(ctx, r, false)
}

// Import makes a component of a script.
func (l *Library) Import(ctx context.Context, r Request) (Created, error) {
	return l.create(ctx, r, true)
}

func (l *Library) create(ctx context.Context, r Request, script bool) (Created, error) {
	c, err := l.check(r, script)
	if err != nil {
		return Created{}, err
	}
	received, err := l.content(ctx, r, script)
	if err != nil {
		return Created{}, err
	}
	c.Origin.Digest = digestOf(received)
	text := bytes.TrimPrefix(received, []byte("\ufeff"))
	if script {
		if text, err = converted(r, received); err != nil {
			return Created{}, err
		}
	}
	warnings, err := l.inspect(&c, r, text)
	if err != nil {
		return Created{}, err
	}
	if r.DryRun {
		return Created{}, refuse(DryRun, "the request is right; nothing was stored (dry run)")
	}
	made, err := l.add(ctx, c, textOr(r.KMSKey, l.settings.DefaultKey), text)
	made.Warnings = append(warnings, made.Warnings...)
	return made, err
}

func textOr(text *string, other string) string {
	if text != nil {
		return *text
	}
	return other
}

// check reads the members of a request.
func (l *Library) check(r Request, script bool) (Component, error) {
	c := checker{code: InvalidRequest}
	c.name(r.Name)
	version := c.version(r.Version)
	c.oneOf("platform", r.Platform, platforms)
	c.text("description", r.Description)
	c.text("changeDescription", r.ChangeDescription)
	c.text("kmsKeyId", r.KMSKey)
	c.osVersions(r.SupportedOSVersions)
	c.tags(r.Tags)
	c.date("supportEnd", r.SupportEnd)
	if utf8.RuneCountInString(r.ClientToken) > maxToken {
		c.fail(c.code, "clientToken", "has more than %d characters", maxToken)
	}
	if script {
		c.oneOf("type", r.Type, types)
		c.oneOf("format", r.Format, []string{"SHELL"})
	} else if r.Type != "" || r.Format != "" {
		c.fail(c.code, "type and format", "belong to an import of a script")
	}
	switch {
	case r.Data != nil && r.URI != nil:
		c.fail(InvalidParameterCombination, "data and uri", "are both given; a component has one of them")
	case r.Data == nil && r.URI == nil:
		c.fail(c.code, "data or uri", "is missing")
	}
	component := Component{
		Namespace: r.Namespace, Name: r.Name, Version: version,
		Platform: r.Platform, Type: r.Type, Description: textOr(r.Description, ""), ChangeDescription: textOr(r.ChangeDescription, ""),
		SupportedOSVersions: slices.Clone(r.SupportedOSVersions), Tags: maps.Clone(r.Tags),
		Origin: Origin{Format: r.Format, URI: textOr(r.URI, "")},
		State:  Active, SupportEnd: r.SupportEnd, ReplacedBy: r.ReplacedBy,
	}
	if component.Namespace == "" {
		component.Namespace = Own
	}
	return component, errors.Join(c.problems...)
}

// content reads the document or script of a request.
func (l *Library) content(ctx context.Context, r Request, script bool) ([]byte, error) {
	if r.URI != nil && r.Content != nil {
		return r.Content, nil
	}
	if r.URI != nil {
		return l.behind(ctx, *r.URI)
	}
	data := []byte(*r.Data)
	strict := strictData
	if script {
		strict = strictImports
	}
	switch {
	case len(data) > maxData:
		return nil, refuse(InvalidRequest, "data: has %d bytes; at most %d are allowed", len(data), maxData).
			advise("keep it in a file or an object and name that with uri")
	case l.settings.StrictLimits && utf8.RuneCount(data) > strict:
		return nil, refuse(InvalidRequest, "data: has %d characters; at most %d are allowed by api.strictLimits", utf8.RuneCount(data), strict)
	}
	return data, nil
}

// behind reads the content of an address.
func (l *Library) behind(ctx context.Context, uri string) ([]byte, error) {
	if strings.ContainsAny(uri, "\r\n") {
		return nil, refuse(InvalidRequest, "uri: is a text of several lines, not an address").
			advise("the client has put the content in the place of the address: give it as data, or the address in --cli-input-json")
	}
	if l.fetch == nil {
		return nil, refuse(InvalidRequest, "uri: addresses are not read here")
	}
	data, err := l.fetch(ctx, uri)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, new(*fetch.Error)), errors.As(err, new(*fetch.DigestError)):
		return nil, &Error{Code: InvalidRequest, Message: "uri", Err: err}
	default:
		return nil, &Error{Code: ClientFault, Message: "uri", Err: err}
	}
	if len(data) > maxURI {
		return nil, refuse(InvalidRequest, "uri: %q holds more than %d bytes", uri, maxURI)
	}
	return data, nil
}

// converted makes the document that runs a script.
func converted(r Request, script []byte) ([]byte, error) {
	text, err := convert.Script(convert.ScriptInput{
		Name: r.Name, Description: textOr(r.Description, ""), Platform: r.Platform, Type: r.Type,
		Address: textOr(r.URI, ""), Data: script,
	})
	if err != nil {
		return nil, &Error{Code: InvalidRequest, Err: err}
	}
	return text, nil
}

// inspect checks the document and takes from it what the component's record tells.
func (l *Library) inspect(c *Component, r Request, text []byte) ([]string, error) {
	file := textOr(r.URI, "data")
	if c.Origin.Format != "" {
		file = c.Name // the document was made here
	}
	doc, problems := document.Load(strings.TrimPrefix(file, "file://"), text, l.actions, document.Options{Workflow: true})
	if err := problems.Err(); err != nil {
		return nil, err
	}
	c.Type, c.Digest, c.Size = string(doc.Type()), digestOf(text), len(text)
	for _, p := range doc.Parameters {
		c.Parameters = append(c.Parameters, Parameter{Name: p.Name, Type: "string", Default: p.Default, Description: p.Description})
	}
	var warnings []string
	for _, p := range problems {
		warnings = append(warnings, p.Pos.String()+": "+p.Message)
	}
	runs := slices.ContainsFunc(doc.Phases, func(p document.Phase) bool { return document.GroupOf(p.Name) == document.BuildGroup })
	if c.Type == string(document.TypeBuild) && !runs {
		warnings = append(warnings, fmt.Sprintf("component %q has neither a build nor a validate phase: it does nothing to an image", c.Name))
	}
	return warnings, nil
}

// errOvertaken says that another writer took the number that a document was sealed for.
var errOvertaken = errors.New("another writer took the number")

// add stores a component. A document is sealed before the storage is locked, for the build number that comes next then;
// when somebody else takes the number meanwhile it is done again.
func (l *Library) add(ctx context.Context, c Component, key string, text []byte) (Created, error) {
	for {
		made, err := l.tryAdd(ctx, c, key, text)
		if errors.Is(err, errOvertaken) && ctx.Err() == nil {
			continue
		}
		return made, err
	}
}

func (l *Library) tryAdd(ctx context.Context, c Component, key string, text []byte) (Created, error) {
	stored, made := text, Created{}
	if key != "" {
		existing, err := l.predict(ctx, &c)
		if err != nil || existing != nil {
			return Created{Component: deref(existing), Unchanged: existing != nil}, err
		}
		warning, sealed, err := l.seal(ctx, &c, key, text)
		if err != nil {
			return Created{}, err
		}
		if stored = sealed; warning != "" {
			made.Warnings = append(made.Warnings, warning)
		}
	}
	predicted := c.Build
	err := l.storage.Update(ctx, func(w Writer) error {
		existing, err := l.same(ctx, w, c)
		if err != nil {
			return err
		}
		if existing != nil {
			made.Component, made.Unchanged = *existing, true
			return nil
		}
		c.Build, c.Version.Text, err = w.NextBuild(ctx, c.Namespace, c.Normal(), c.Version)
		if err != nil {
			return err
		}
		if key != "" && c.Build != predicted {
			return errOvertaken
		}
		c.Created = l.now().UTC()
		if err := w.AddComponent(ctx, &c, stored); err != nil {
			return err
		}
		made.Component = c
		return nil
	})
	return made, err
}

func deref(c *Component) Component {
	if c == nil {
		return Component{}
	}
	return *c
}

// errDone ends an update that is not to be kept.
var errDone = errors.New("done")

// predict finds the build number and the text of the version that come next, or the build that is the same already.
func (l *Library) predict(ctx context.Context, c *Component) (existing *Component, err error) {
	err = l.storage.Update(ctx, func(w Writer) error {
		if existing, err = l.same(ctx, w, *c); err != nil || existing != nil {
			return err
		}
		if c.Build, c.Version.Text, err = w.NextBuild(ctx, c.Namespace, c.Normal(), c.Version); err != nil {
			return err
		}
		return errDone // the number is not taken yet
	})
	if errors.Is(err, errDone) {
		err = nil
	}
	return existing, err
}

func (l *Library) seal(ctx context.Context, c *Component, key string, text []byte) (warning string, stored []byte, err error) {
	stored, c.KMSKey, warning, err = l.encrypt(ctx, key, text, label(*c))
	if c.Encrypted = stored != nil; err == nil && !c.Encrypted {
		stored = text
	}
	return warning, stored, err
}

// same gives the newest build of the version when it has the content of c. It refuses other content where a version
// has one content for good.
func (l *Library) same(ctx context.Context, r Reader, c Component) (*Component, error) {
	builds, err := r.Builds(ctx, c.Namespace, c.Normal())
	if err != nil {
		return nil, err
	}
	newest, ok := highest(builds, Want{Version: c.Version.Version})
	if !ok {
		return nil, nil
	}
	if newest.Digest == c.Digest && newest.Platform == c.Platform && newest.Type == c.Type &&
		slices.Equal(newest.SupportedOSVersions, c.SupportedOSVersions) {
		return &newest, nil
	}
	if l.settings.RequireUniqueVersions {
		last, _ := highest(builds, Want{Version: minorOf(c.Version.Version)})
		next := last.Version.Version
		next[2]++
		return nil, refuse(InvalidVersionNumber, "component %q has version %s with other content", c.Name, newest.Version.Text).
			advise("the next free version is %s", next)
	}
	return nil, nil
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
