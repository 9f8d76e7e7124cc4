package document

import (
	"path"
	"strings"
)

// CredentialPath reports whether a path of the instance metadata service leads to credentials, which no reference
// may read.
func CredentialPath(key string) bool {
	p := strings.ToLower(path.Clean("/" + key))
	p = strings.TrimPrefix(p, "/latest")
	p = strings.TrimPrefix(p, "/meta-data") + "/"
	return strings.HasPrefix(p, "/iam/") || strings.HasPrefix(p, "/identity-credentials/")
}
