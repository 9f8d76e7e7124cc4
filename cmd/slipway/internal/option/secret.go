package option

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"
)

// maxSecret is the largest secret that a component can read (component-document reference, 9.1).
const maxSecret = 64 << 10

var secretID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) })

// Secret is --secret, in the words of docker buildx.
type Secret struct{ given []string }

// AddFlags adds --secret.
func (s *Secret) AddFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&s.given, "secret", nil, "give a secret to components that name it: `id=ID[,src=FILE|,env=VAR]`; repeatable")
}

// Values reads the secrets from their files and variables. Errors never have a value in them.
func (s *Secret) Values(getenv func(string) string) (map[string][]byte, error) {
	values := map[string][]byte{}
	for _, text := range s.given {
		id, value, err := readSecret(text, getenv)
		if err != nil {
			return nil, err
		}
		if _, ok := values[id]; ok {
			return nil, &secretError{text: "id=" + id, reason: "is given twice"}
		}
		values[id] = value
	}
	return values, nil
}

// IDs are the ids of the secrets that are given, sorted.
func IDs(values map[string][]byte) []string {
	var ids []string
	for id := range values {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func readSecret(text string, getenv func(string) string) (id string, value []byte, err error) {
	var file, variable string
	for part := range strings.SplitSeq(text, ",") {
		key, word, _ := strings.Cut(part, "=")
		switch key {
		case "id":
			id = word
		case "src", "source":
			file = word
		case "env":
			variable = word
		case "type":
			if word != "file" && word != "env" {
				return "", nil, &secretError{text: part, reason: "is not a type of secret"}
			}
		default:
			return "", nil, &secretError{text: key, reason: "is not a key of a secret"}
		}
	}
	switch {
	case len(id) > 128 || !secretID().MatchString(id):
		return "", nil, &secretError{text: "id=" + id, reason: "is not an id: letters, digits, _ and - are"}
	case file != "" && variable != "":
		return "", nil, &secretError{text: "id=" + id, reason: "has both a file and a variable"}
	case file != "":
		value, err = os.ReadFile(file)
		if err != nil {
			return "", nil, fmt.Errorf("secret %q: %w", id, err)
		}
	default:
		if variable == "" {
			variable = id
		}
		value = []byte(getenv(variable))
		if len(value) == 0 {
			return "", nil, &secretError{text: "id=" + id, reason: fmt.Sprintf("is to come from the variable %s, which is not set", variable)}
		}
	}
	if len(value) > maxSecret {
		return "", nil, &secretError{text: "id=" + id, reason: "has more than 64 KiB"}
	}
	return id, value, nil
}

type secretError struct{ text, reason string }

func (e *secretError) Error() string { return fmt.Sprintf("--secret: %q %s", e.text, e.reason) }

// Hint shows how a secret is written.
func (e *secretError) Hint() string {
	return "write it as --secret id=TOKEN,src=FILE or --secret id=TOKEN,env=VARIABLE"
}
