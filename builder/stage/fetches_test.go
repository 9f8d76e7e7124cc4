package stage

import "testing"

func TestFetchesIsNoLessThanWhatTheRunnerFetches(t *testing.T) {
	for document, want := range map[string]bool{
		"action: WebDownload":           true,
		`"action": "S3Download"`:        true,
		"action: s3upload":              true,
		"action: ExecuteDocument":       true,
		"action: InstallMSI":            true,
		"value: {{ aws:ssm:name }}":     true,
		`action: "Web\u0044ownload"`:    true,
		`action: "Web\x44ownload"`:      true,
		"action: \"Web\\\n  Download\"": true,
		"action: ExecuteBash\ninputs: {commands: ['curl https://example.com']}": false,
		"action: CreateFile": false,
	} {
		if got := Fetches([]byte(document)); got != want {
			t.Errorf("Fetches(%q) = %v, want %v", document, got, want)
		}
	}
}
