package action

import (
	"fmt"
	"regexp"
)

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// CheckAccountID is the static check of an input that names an AWS account.
func CheckAccountID(text string) error {
	if !accountID.MatchString(text) {
		return fmt.Errorf("%q is not an account id of 12 digits", text)
	}
	return nil
}
