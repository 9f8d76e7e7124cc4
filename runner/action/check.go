package action

import (
	"fmt"
	"strings"
)

// CheckAccountID is the static check of a text that names an AWS account.
func CheckAccountID(text string) error {
	if len(text) != 12 || strings.Trim(text, "0123456789") != "" {
		return fmt.Errorf("%q is not an account id of 12 digits", text)
	}
	return nil
}
