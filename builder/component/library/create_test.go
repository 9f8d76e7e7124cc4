package library_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/builder/component/fetch"
	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/builder/component/sealed"
	"github.com/slipway-oci/slipway/builder/component/store"
	"github.com/slipway-oci/slipway/runner/document"
)

func TestCOMP01StoredBytesAreThoseSent(t *testing.T) {
	s := newShelf(t)
	text := "# Ünit\r\n" + *doc("a") + "\n\n# end"
	r := request("abc", "1.0.0", "")
	r.Data = &text
	c := s.create(r)
	got, err := s.Document(s.ctx(), c)
	if err != nil || string(got) != text {
		t.Errorf("stored %q, %v", got, err)
	}
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))); c.Digest != want || c.Size != len(text) {
		t.Errorf("digest %s of %d bytes, want %s", c.Digest, c.Size, want)
	}
	marked := "\ufeff" + text
	r.Data = &marked
	if made, err := s.Create(s.ctx(), r); err != nil || !made.Unchanged {
		t.Errorf("with a byte order mark: %+v, %v", made, err)
	}
}

func TestCOMP02SizeOfData(t *testing.T) {
	s := newShelf(t)
	sized := func(n int) *string {
		text := *doc("a")
		text += "#" + strings.Repeat("x", n-len(text)-1)
		return &text
	}
	r := request("abc", "1.0.0", "")
	r.Data = sized(65535)
	s.create(r)
	r.Data = sized(65536)
	_, err := s.Create(s.ctx(), r)
	refused(t, err, library.InvalidRequest, "65536 bytes", "uri")
	strict := s.with(func(o *library.Options) { o.Settings.StrictLimits = true })
	r.Data = sized(16001)
	_, err = strict.Create(s.ctx(), r)
	refused(t, err, library.InvalidRequest, "16001 characters")
	r.Data = sized(16000)
	strict.create(r)
}

func TestCOMP03ExactlyOneSource(t *testing.T) {
	s := newShelf(t)
	r := request("abc", "1.0.0", "a")
	r.URI = new("file:///x.yaml")
	_, err := s.Create(s.ctx(), r)
	refused(t, err, library.InvalidParameterCombination, "data and uri")
	r.Data, r.URI = nil, nil
	_, err = s.Create(s.ctx(), r)
	refused(t, err, library.InvalidRequest, "data or uri")
}

func TestCOMP04COMP06InvalidDocuments(t *testing.T) {
	s := newShelf(t)
	chained := *doc("a") + "  - name: test\n    steps:\n      - {name: Use, action: ExecuteBash, inputs: {commands: ['echo {{ build.Step.outputs.stdout }}']}}\n"
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"all problems are told": {"schemaVersion: 1.0\nphasez: []\nphases:\n  - name: build\n    steps:\n      - {name: A, action: ExecuteBsh, inputs: {commands: [a]}}\n", []string{"data:2:1", "data:6:27"}},
		"across the stages":     {chained, []string{"data:8:"}},
		"no YAML":               {"a: [", []string{"data:1:"}},
		"no UTF-8":              {"a: \xff", []string{"data"}},
		"NUL":                   {*doc("a") + "#\x00", []string{"data"}},
		"empty":                 {"", []string{"data"}},
		"two documents":         {*doc("a") + "---\n" + *doc("b"), []string{"data"}},
		"alias bomb":            {"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n", []string{"data"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request("abc", "1.0.0", "")
			r.Data = &tt.text
			_, err := s.Create(s.ctx(), r)
			refused(t, err, library.InvalidRequest, tt.want...)
			if _, ok := errors.AsType[*document.ProblemError](err); !ok {
				t.Errorf("the error has no place: %v", err)
			}
		})
	}
	if got := s.builds(""); len(got) > 0 {
		t.Errorf("stored: %v", got)
	}
}

func TestCOMP05Types(t *testing.T) {
	for _, tt := range []struct {
		phases []string
		want   string
		warns  bool
	}{
		{[]string{"test"}, "TEST", false},
		{[]string{"build"}, "BUILD", false},
		{[]string{"validate"}, "BUILD", false},
		{[]string{"build", "test"}, "BUILD", false},
		{[]string{"test", "container-host-test"}, "BUILD", true},
		{[]string{"test", "other"}, "BUILD", true},
	} {
		s := newShelf(t)
		r := request("abc", "1.0.0", "")
		r.Data = doc("a", tt.phases...)
		made, err := s.Create(s.ctx(), r)
		if err != nil {
			t.Errorf("%v: %v", tt.phases, err)
			continue
		}
		warned := slices.ContainsFunc(made.Warnings, func(w string) bool { return strings.Contains(w, "does nothing to an image") })
		if made.Component.Type != tt.want || warned != tt.warns {
			t.Errorf("%v: type %s, warnings %v", tt.phases, made.Component.Type, made.Warnings)
		}
	}
}

func TestCOMP07COMP10ContentBehindAnAddressIsReadOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	first := *doc("first")
	write(first)
	s := newShelf(t).with(func(o *library.Options) { o.Fetch = fetch.New(fetch.Options{AnyFile: true}).Read })
	r := library.Request{Name: "abc", Version: "1.0.0", Platform: "Linux", URI: new("file://" + file)}
	c := s.create(r)
	write(*doc("second"))
	if got, err := s.Document(s.ctx(), c); err != nil || string(got) != first {
		t.Errorf("the component is now %q, %v", got, err)
	}
	r.URI = new(*r.URI + "#sha256=" + strings.TrimPrefix(c.Digest, "sha256:"))
	_, err := s.Create(s.ctx(), r)
	refused(t, err, library.InvalidRequest, "sha256:")
	write(first)
	if made, err := s.Create(s.ctx(), r); err != nil || !made.Unchanged || made.Component.Origin.Digest != c.Digest {
		t.Errorf("with the right digest: %+v, %v", made, err)
	}
	for uri, want := range map[string]string{
		"ftp://host/f": "known are", "schemaVersion: 1.0\nphases:": "--cli-input-json", "file:///none/none.yaml": "none.yaml", "/etc/passwd": "uri",
	} {
		r.URI = &uri
		if _, err := s.Create(s.ctx(), r); library.CodeOf(err) != library.InvalidRequest && library.CodeOf(err) != library.ClientFault {
			t.Errorf("%q: %v", uri, err)
		} else {
			refused(t, err, library.CodeOf(err), want)
		}
	}
}

func TestCOMP11SameVersionAgain(t *testing.T) {
	s := newShelf(t)
	first := s.add("abc/1.0.0")
	r := request("abc", "1.0.0", "abc/1.0.0")
	r.Description, r.Tags = new("another"), map[string]string{"a": "b"}
	made, err := s.Create(s.ctx(), r)
	if err != nil || !made.Unchanged || s.ARN(made.Component) != s.ARN(first) || made.Component.Description != "" {
		t.Errorf("the same content: %+v, %v", made, err)
	}
	for i, change := range []func(*library.Request){
		func(r *library.Request) { r.Data = doc("other") },
		func(r *library.Request) { r.SupportedOSVersions = []string{"Ubuntu 24"} },
		func(r *library.Request) { r.Platform = "Windows"; r.Data = windowsDocument() },
	} {
		change(&r)
		if c := s.create(r); c.Build != i+2 {
			t.Errorf("change %d gave build %d", i, c.Build)
		}
	}
	unique := s.with(func(o *library.Options) { o.Settings.RequireUniqueVersions = true })
	s.add("abc/1.0.5")
	_, err = unique.Create(s.ctx(), request("abc", "1.0.0", "yet another"))
	refused(t, err, library.InvalidVersionNumber, "1.0.0", "next free version is 1.0.6")
}

func windowsDocument() *string {
	text := strings.ReplaceAll(*doc("a"), "ExecuteBash", "ExecutePowerShell")
	return &text
}

func TestCOMP12Limits(t *testing.T) {
	s := newShelf(t)
	tags := func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprint(i)] = ""
		}
		return m
	}
	for name, tt := range map[string]struct {
		change func(*library.Request)
		want   string
	}{
		"os versions":        {func(r *library.Request) { r.SupportedOSVersions = make([]string, 26) }, "supportedOsVersions: has 26 entries"},
		"empty os version":   {func(r *library.Request) { r.SupportedOSVersions = []string{""} }, "supportedOsVersions: is empty"},
		"description":        {func(r *library.Request) { r.Description = new(strings.Repeat("ü", 1025)) }, "description: has 1025 characters"},
		"empty description":  {func(r *library.Request) { r.Description = new("") }, "description: is empty"},
		"change description": {func(r *library.Request) { r.ChangeDescription = new("") }, "changeDescription: is empty"},
		"tags":               {func(r *library.Request) { r.Tags = tags(51) }, "tags: there are 51"},
		"aws tag":            {func(r *library.Request) { r.Tags = map[string]string{"aws:x": ""} }, `key "aws:x" is not allowed`},
		"odd tag":            {func(r *library.Request) { r.Tags = map[string]string{"a*b": ""} }, `key "a*b" is not allowed`},
		"tag value":          {func(r *library.Request) { r.Tags = map[string]string{"a": strings.Repeat("v", 257)} }, "257 characters"},
		"platform":           {func(r *library.Request) { r.Platform = "linux" }, `did you mean "Linux"`},
		"no platform":        {func(r *library.Request) { r.Platform = "" }, "platform: is missing"},
		"type":               {func(r *library.Request) { r.Type = "BUILD" }, "belong to an import"},
		"date":               {func(r *library.Request) { r.SupportEnd = "tomorrow" }, "2031-04-09"},
		"all at once":        {func(r *library.Request) { r.Name, r.Platform, r.Data = "", "", nil }, "data or uri: is missing"},
	} {
		r := request("abc", "1.0.0", "a")
		tt.change(&r)
		_, err := s.Create(s.ctx(), r)
		t.Run(name, func(t *testing.T) { refused(t, err, library.InvalidRequest, tt.want) })
	}
	r := request("abc", "1.0.0", "a")
	r.Tags, r.Description = tags(50), new(strings.Repeat("ü", 1024))
	for i := range 25 {
		r.SupportedOSVersions = append(r.SupportedOSVersions, fmt.Sprintf("Ubuntu %d", i))
	}
	s.create(r)
}

func TestCOMP13Get(t *testing.T) {
	s := newShelf(t)
	r := request("abc", "1.0.0", "")
	r.Data = new("schemaVersion: 1.0\nparameters:\n  - Port: {type: string, default: '80', description: where}\n  - Host: {type: string}\n" +
		strings.TrimPrefix(*doc("{{ Port }} {{ Host }}"), "schemaVersion: 1.0\n"))
	s.create(r)
	c, err := s.Get(s.ctx(), "abc")
	if err != nil {
		t.Fatal(err)
	}
	port := "80"
	want := []library.Parameter{{Name: "Port", Type: "string", Default: &port, Description: "where"}, {Name: "Host", Type: "string"}}
	if diff := cmp.Diff(want, c.Parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if c.State != library.Active || c.Encrypted || len(c.Tags) != 0 || !c.Created.Equal(s.now) {
		t.Errorf("got %+v", c)
	}
}

func TestCOMP22DryRun(t *testing.T) {
	s := newShelf(t)
	r := request("abc", "1.0.0", "a")
	r.DryRun = true
	_, err := s.Create(s.ctx(), r)
	refused(t, err, library.DryRun)
	r.Version = "1.x.x"
	_, err = s.Create(s.ctx(), r)
	refused(t, err, library.InvalidVersionNumber)
	if got := s.builds(""); len(got) > 0 {
		t.Errorf("stored: %v", got)
	}
}

func TestIMP09IMP10IMP11Import(t *testing.T) {
	s := newShelf(t)
	r := library.Request{
		Name: "open-ports", Version: "1.0.0", Platform: "Linux", Type: "TEST", Format: "SHELL",
		Data: new("#!/bin/bash\r\necho '{{ .Names }}'"), Description: new("opens"),
	}
	made, err := s.Import(s.ctx(), r)
	if err != nil {
		t.Fatal(err)
	}
	c := made.Component
	if c.Type != "TEST" || c.Origin.Format != "SHELL" || c.Origin.Digest == c.Digest {
		t.Errorf("imported %+v", c)
	}
	text, err := s.Document(s.ctx(), c)
	if err != nil || !strings.Contains(string(text), "description: opens") || !strings.Contains(string(text), "RunScript") {
		t.Errorf("document %s, %v", text, err)
	}
	if made, err := s.Import(s.ctx(), r); err != nil || !made.Unchanged {
		t.Errorf("again: %+v, %v", made, err)
	}
	for name, change := range map[string]func(*library.Request){
		"format":  func(r *library.Request) { r.Format = "PYTHON" },
		"no type": func(r *library.Request) { r.Type = "" },
		"no form": func(r *library.Request) { r.Format = "" },
		"python":  func(r *library.Request) { r.Data = new("#!/usr/bin/env python3\n") },
	} {
		bad := r
		change(&bad)
		_, err := s.Import(s.ctx(), bad)
		t.Run(name, func(t *testing.T) { refused(t, err, library.InvalidRequest) })
	}
}

const testKey = "base64key://smGbjm71Nxd1Ig5FS0wj9SlbzAIrnolCz9bQQ6uAhl4="

func TestKMS01EncryptedAtRest(t *testing.T) {
	id, err := sealed.Fingerprint(testKey)
	if err != nil {
		t.Fatal(err)
	}
	plain := newShelf(t)
	s := plain.with(func(o *library.Options) { o.Sealer = sealed.New(sealed.Options{Keys: map[string]string{id: testKey}}) })
	r := request("abc", "1.0.0", "the clear text")
	r.KMSKey = new(testKey)
	c := s.create(r)
	if !c.Encrypted || c.KMSKey != id {
		t.Errorf("encrypted %v with %q", c.Encrypted, c.KMSKey)
	}
	for _, suffix := range []string{"", "-wal"} {
		data, _ := os.ReadFile(s.storage.Path() + suffix)
		if strings.Contains(string(data), "the clear text") || strings.Contains(string(data), testKey[12:]) {
			t.Errorf("the file %q holds clear text or the key", suffix)
		}
	}
	if found, err := s.Source().Find(s.ctx(), "abc"); err != nil || !strings.Contains(string(found.Document.Bytes), "the clear text") {
		t.Errorf("found %v, %v", found, err)
	}
	if made, err := s.Create(s.ctx(), r); err != nil || !made.Unchanged {
		t.Errorf("the same content: %+v, %v", made, err)
	}
	r.Data = doc("other")
	if c := s.create(r); c.Build != 2 {
		t.Errorf("build %d, want 2", c.Build)
	}
	_, err = plain.Document(s.ctx(), c)
	refused(t, err, library.ClientFault, id)
	if strings.Contains(err.Error(), testKey[12:]) {
		t.Error("the error tells the key")
	}
	if got := plain.builds("abc"); len(got) != 2 {
		t.Errorf("a list without the key: %v", got)
	}
	_, err = plain.Create(s.ctx(), r)
	if made, _ := plain.Create(s.ctx(), r); !made.Unchanged {
		refused(t, err, library.InvalidRequest, "kmsKeyId")
	}
}

// overtaking lets another component take the build number while a document is sealed.
type overtaking struct {
	library.Sealer
	first func()
}

func (o *overtaking) Seal(ctx context.Context, key string, text, label []byte) ([]byte, string, string, error) {
	if o.first != nil {
		first := o.first
		o.first = nil
		first()
	}
	return o.Sealer.Seal(ctx, key, text, label)
}

func TestSealingIsDoneAgainWhenTheBuildNumberIsTaken(t *testing.T) {
	id, err := sealed.Fingerprint(testKey)
	if err != nil {
		t.Fatal(err)
	}
	plain := newShelf(t)
	sealer := &overtaking{sealed.New(sealed.Options{Keys: map[string]string{id: testKey}}), func() { plain.add("abc/1.0.0") }}
	s := plain.with(func(o *library.Options) { o.Sealer = sealer })
	r := request("abc", "1.0.0", "mine")
	r.KMSKey = new(testKey)
	c := s.create(r)
	if text, err := s.Document(s.ctx(), c); c.Build != 2 || err != nil || !strings.Contains(string(text), "mine") {
		t.Errorf("build %d, %q, %v", c.Build, text, err)
	}
}

func TestManyCreateAtOnce(t *testing.T) {
	s := newShelf(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	var numbers []int
	for i := range 20 {
		group.Go(func() {
			own, err := store.Open(t.Context(), s.storage.Path(), store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer own.Close()
			made, err := library.New(own, s.options).Create(t.Context(), request("abc", "1.0.0", fmt.Sprint(i)))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			numbers = append(numbers, made.Component.Build)
		})
	}
	group.Wait()
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("build numbers %v", numbers)
		}
	}
}
