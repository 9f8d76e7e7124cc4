package library

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/document/near"
)

// The limits of members.
const (
	maxText       = 1024
	maxOSVersions = 25
	maxTags       = 50
	maxTagKey     = 128
	maxTagValue   = 256
	maxToken      = 64
	dateFormat    = "2006-01-02"
)

var (
	tagKeyPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9\s_.:/=+\-@]*$`) })
	platforms     = []string{"Linux", "Windows", "macOS"}
	types         = []string{"BUILD", "TEST"}
)

func itoa(n int) string { return strconv.Itoa(n) }

// checker collects what is wrong with the members of a request.
type checker struct {
	code     Code // of members without one of their own
	problems []error
}

func (c *checker) fail(code Code, member, format string, args ...any) {
	c.advise(code, member, "", format, args...)
}

// advise is fail with a hint how to mend it.
func (c *checker) advise(code Code, member, advice, format string, args ...any) {
	c.problems = append(c.problems, &Error{Code: code, Message: member + ": " + fmt.Sprintf(format, args...), Advice: advice})
}

func (c *checker) name(name string) {
	switch {
	case name == "":
		c.fail(c.code, "name", "is missing")
	case !recipe.ValidName(name):
		c.advise(c.code, "name", "3 to 128 letters, digits, - and _, with blanks only between them", "%q is not allowed", name)
	}
}

// version reads a version without open nodes.
func (c *checker) version(text string) Version {
	if text == "" {
		c.advise(c.code, "semanticVersion", "a version is major.minor.patch, such as 1.0.0", "is missing")
		return Version{}
	}
	v, err := recipe.ParseVersion(text)
	switch {
	case err != nil:
		c.problems = append(c.problems, &Error{Code: InvalidVersionNumber, Message: "semanticVersion", Err: err})
	case v.HasWildcard():
		c.advise(InvalidVersionNumber, "semanticVersion", "give all three numbers, such as "+v.Next(nil).String(), "version %q has open nodes", text)
	}
	return Version{Version: v, Text: text}
}

// text checks an optional text; nil is absent.
func (c *checker) text(member string, value *string) {
	if value == nil {
		return
	}
	switch length := utf8.RuneCountInString(*value); {
	case length == 0:
		c.fail(c.code, member, "is empty")
	case length > maxText:
		c.fail(c.code, member, "has %d characters; at most %d are allowed", length, maxText)
	case !utf8.ValidString(*value) || strings.ContainsRune(*value, 0):
		c.fail(c.code, member, "is not UTF-8 text")
	}
}

func (c *checker) oneOf(member, value string, allowed []string) {
	switch {
	case value == "":
		c.advise(c.code, member, "one of "+strings.Join(allowed, ", "), "is missing")
	case !slices.Contains(allowed, value):
		c.advise(c.code, member, near.Hint(value, allowed), "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func (c *checker) osVersions(list []string) {
	if len(list) > maxOSVersions {
		c.fail(c.code, "supportedOsVersions", "has %d entries; at most %d are allowed", len(list), maxOSVersions)
	}
	for _, v := range list {
		c.text("supportedOsVersions", &v)
	}
}

// tags checks a map of tags whose keys are new, beside so many that are there.
func (c *checker) tags(tags map[string]string) {
	if len(tags) > maxTags {
		c.fail(c.code, "tags", "there are %d; at most %d are allowed", len(tags), maxTags)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if length := utf8.RuneCountInString(key); length == 0 || length > maxTagKey {
			c.fail(c.code, "tags", "key %q has %d characters; 1 to %d are allowed", key, length, maxTagKey)
		} else if strings.HasPrefix(key, "aws:") || !tagKeyPattern().MatchString(key) {
			c.advise(c.code, "tags", "letters, digits, blanks and _.:/=+-@, not starting with aws:", "key %q is not allowed", key)
		}
		if length := utf8.RuneCountInString(tags[key]); length > maxTagValue || !utf8.ValidString(tags[key]) {
			c.fail(c.code, "tags", "the value of %q has %d characters; at most %d are allowed", key, length, maxTagValue)
		}
	}
}

// date checks a date that may be absent.
func (c *checker) date(member, text string) {
	if text == "" {
		return
	}
	if _, err := time.Parse(dateFormat, text); err != nil {
		c.advise(c.code, member, "write it as 2031-04-09", "%q is no date", text)
	}
}
