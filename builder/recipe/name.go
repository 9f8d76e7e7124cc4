package recipe

import "strings"

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ "

// ValidName reports whether a recipe or a component may have this name: 3 to 128 letters and digits of ASCII, hyphens,
// underscores and spaces, with no space at either end (the API reference of Image Builder).
func ValidName(name string) bool {
	return len(name) >= 3 && len(name) <= 128 && strings.Trim(name, nameCharacters) == "" && strings.Trim(name, " ") == name
}
