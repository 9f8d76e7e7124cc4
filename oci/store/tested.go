package store

import (
	"context"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestStatus says whether an image's tests ran and how they ended.
type TestStatus string

// The outcomes of tests.
const (
	Untested TestStatus = ""
	Passed   TestStatus = "passed"
	Failed   TestStatus = "failed"
)

// Test is the outcome of an image's tests in one run. The zero value means untested.
type Test struct {
	Status TestStatus
	Time   time.Time // kept to the second
	RunID  string
	Suite  string // names of what tested it, with commas between; empty when they are not known
}

const (
	testStatusAnnotation = "io.slipway.test.status"
	testTimeAnnotation   = "io.slipway.test.time"
	testRunAnnotation    = "io.slipway.test.run"
	testSuiteAnnotation  = "io.slipway.test.suite"
)

var testAnnotations = []string{testStatusAnnotation, testTimeAnnotation, testRunAnnotation, testSuiteAnnotation}

// MarkTest records the outcome of an image's tests, under all its names. The image itself, and so its digest, stays
// as it is. A later outcome replaces an earlier one.
func (s *Store) MarkTest(ctx context.Context, digest v1.Hash, test Test) error {
	return s.update(ctx, func(index *v1.IndexManifest) error {
		found := false
		for n, entry := range index.Manifests {
			if entry.Digest != digest {
				continue
			}
			found = true
			index.Manifests[n].Annotations = writeTest(entry.Annotations, test)
		}
		if !found {
			return &NotFoundError{Name: digest.String()}
		}
		return nil
	})
}

// Tested is the outcome of the tests of an image. An index without an outcome of its own has passed when all its
// platforms have, and has failed when one of them has.
func (i Image) Tested(ctx context.Context) (Test, error) {
	if i.Test.Status != Untested || !i.IsIndex() {
		return i.Test, nil
	}
	children, err := i.Images()
	if err != nil {
		return Test{}, err
	}
	var together Test
	for _, child := range children {
		if p := child.Descriptor.Platform; p != nil && p.OS == "unknown" {
			continue // an attestation
		}
		found, err := i.store.Resolve(ctx, child.Digest().String())
		if err != nil {
			return Test{}, err
		}
		if found.Test.Status != Passed {
			return found.Test, nil
		}
		together = found.Test
	}
	return together, nil
}

func readTest(annotations map[string]string) Test {
	t := Test{RunID: annotations[testRunAnnotation], Suite: annotations[testSuiteAnnotation]}
	switch status := TestStatus(annotations[testStatusAnnotation]); status {
	case Passed, Failed:
		t.Status = status
	default:
		return Test{}
	}
	t.Time, _ = time.Parse(time.RFC3339, annotations[testTimeAnnotation]) // a foreign value is no reason to refuse the image
	return t
}

func writeTest(annotations map[string]string, t Test) map[string]string {
	marked := map[string]string{}
	for key, value := range annotations {
		if !slices.Contains(testAnnotations, key) {
			marked[key] = value
		}
	}
	if t.Status != Untested {
		marked[testStatusAnnotation] = string(t.Status)
		marked[testTimeAnnotation] = t.Time.UTC().Format(time.RFC3339)
		if t.RunID != "" {
			marked[testRunAnnotation] = t.RunID
		}
		if t.Suite != "" {
			marked[testSuiteAnnotation] = t.Suite
		}
	}
	return marked
}

func copyTest(to, from map[string]string) {
	for _, key := range testAnnotations {
		if value, ok := from[key]; ok {
			to[key] = value
		}
	}
}
