package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner/action"
)

// S3Upload stores files as objects in S3 or a compatible store.
type S3Upload struct {
	Access S3Access
}

// Spec implements action.Module.
func (S3Upload) Spec() action.Spec {
	return action.Spec{
		Name: "S3Upload", Family: family, Shape: action.List, Platforms: everywhere,
		Summary: "Uploads a file, a folder, or what matches a wildcard, to S3.",
		Inputs: []action.Input{
			{Name: "source", Type: action.String, Required: true, Check: checkUploadSource, Summary: "File or folder; `*` is allowed in the last segment."},
			{Name: "destination", Type: action.String, Required: true, Check: checkS3Destination, Summary: "Object `s3://bucket/key`, or prefix `s3://bucket/prefix/`."},
			{Name: "recurse", Type: action.Boolean, Default: "false", Summary: "Whether the content of folders is uploaded; without it a folder is an error."},
			bucketOwnerInput,
		},
		Example: `name: KeepReport
action: S3Upload
inputs:
  - source: /tmp/report/*
    destination: s3://my-bucket/reports/
    recurse: true
`,
		Notes: `A file goes to the key of ` + "`destination`" + `, or below it when that ends with ` + "`/`" + `; files of a folder or wildcard
go below it with their relative paths. Of links to files the content is uploaded; links to folders are skipped. Existing
objects are overwritten. ` + accessNotes,
	}
}

func checkUploadSource(text string) error {
	_, _, _, err := action.SplitWildcard(text)
	return err
}

func checkS3Destination(text string) error {
	l, err := parseLocation(text)
	if err == nil && strings.Contains(l.key, "*") {
		err = fmt.Errorf("%q: a wildcard is not allowed here", text)
	}
	return err
}

// Run implements action.Module.
func (m S3Upload) Run(ctx context.Context, req action.Request) (action.Result, error) {
	s := &store{access: m.Access}
	return action.Result{}, action.Each(ctx, "S3Upload", req.Entries, func(e action.Entry) error {
		if err := checkS3Destination(e.Text("destination")); err != nil {
			return err
		}
		to, err := parseLocation(e.Text("destination"))
		if err != nil {
			return err
		}
		uploads, err := planUpload(ctx, req, e.Text("source"), to.key, e.Bool("recurse", false))
		if err != nil {
			return err
		}
		for _, u := range uploads {
			if err := upload(ctx, s, u.path, location{to.bucket, u.key}, e.Text("expectedBucketOwner")); err != nil {
				return err
			}
		}
		return nil
	})
}

func upload(ctx context.Context, s *store, path string, to location, owner string) error {
	file, err := os.Open(path)
	if err != nil {
		return action.PathError("reading", path, err)
	}
	defer file.Close()
	if err := s.put(ctx, to, owner, file); err != nil {
		return fmt.Errorf("uploading %q to %q: %w", path, to, err)
	}
	return nil
}

// planned is one file with the key of its object.
type planned struct{ path, key string }

var errNothing = errors.New("no file to upload")

// planUpload returns the files that source names, at least one, with their keys.
func planUpload(ctx context.Context, req action.Request, source, key string, recurse bool) ([]planned, error) {
	folder, name, wild, err := action.SplitWildcard(source)
	if err != nil {
		return nil, err
	}
	path := req.Path(source)
	if !wild {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, action.PathError("reading", path, err)
		case !info.IsDir() && !info.Mode().IsRegular():
			return nil, fmt.Errorf("%q is not a regular file", path)
		case !info.IsDir():
			if key == "" || strings.HasSuffix(key, "/") {
				key += filepath.Base(path)
			}
			return []planned{{path, key}}, nil
		case !recurse:
			return nil, fmt.Errorf("%q is a folder and recurse is false", path)
		}
		uploads, err := collectFolder(ctx, req, path, asPrefix(key), nil)
		return uploads, orNothing(err, path, uploads)
	}
	folder = req.Path(folder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, action.PathError("reading folder", folder, err)
	}
	var uploads []planned
	for _, entry := range entries {
		if action.Matches(name, entry.Name()) && (recurse || !entry.IsDir()) {
			if uploads, err = collect(ctx, req, filepath.Join(folder, entry.Name()), asPrefix(key)+entry.Name(), uploads); err != nil {
				return nil, err
			}
		}
	}
	return uploads, orNothing(nil, path, uploads)
}

// orNothing returns err, or an error when there are no uploads.
func orNothing(err error, path string, uploads []planned) error {
	if err == nil && len(uploads) == 0 {
		return fmt.Errorf("%q: %w", path, errNothing)
	}
	return err
}

func asPrefix(key string) string {
	if key == "" || strings.HasSuffix(key, "/") {
		return key
	}
	return key + "/"
}

// collectFolder appends the files below folder, in byte order of their paths.
func collectFolder(ctx context.Context, req action.Request, folder, prefix string, uploads []planned) ([]planned, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, action.PathError("reading folder", folder, err)
	}
	for _, entry := range entries {
		if uploads, err = collect(ctx, req, filepath.Join(folder, entry.Name()), prefix+entry.Name(), uploads); err != nil {
			return nil, err
		}
	}
	return uploads, nil
}

// collect appends one file, or the files below a folder. Links to folders are skipped: they may lead in circles.
func collect(ctx context.Context, req action.Request, path, key string, uploads []planned) ([]planned, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	link, err := os.Lstat(path)
	if err != nil {
		return nil, action.PathError("reading", path, err)
	}
	if link.IsDir() {
		return collectFolder(ctx, req, path, key+"/", uploads)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, action.PathError("reading", path, err)
	case info.IsDir():
		return uploads, nil
	case !info.Mode().IsRegular():
		req.Warnf("%q is skipped: it is not a regular file", path)
		return uploads, nil
	}
	return append(uploads, planned{path, key}), nil
}
