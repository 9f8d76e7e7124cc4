package runner

import (
	"bufio"
	"os"
	"runtime"
	"strings"

	"github.com/slipway-oci/slipway/runner/execute"
)

// facts returns the values of context references. The account and region come from the environment.
func facts(getenv func(string) string) execute.Facts {
	f := execute.Facts{AccountID: "000000000000", Region: "us-east-1", OSPlatform: runtime.GOOS}
	if runtime.GOOS == "linux" {
		f.OSPlatform = "Linux"
	}
	if v := getenv("SLIPWAY_ACCOUNT_ID"); v != "" {
		f.AccountID = v
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if v := getenv(name); v != "" {
			f.Region = v
			break
		}
	}
	f.Hostname, _ = os.Hostname()
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		release, err := os.Open(path)
		if err != nil {
			continue
		}
		defer release.Close()
		lines := bufio.NewScanner(release)
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), "=")
			switch key {
			case "NAME":
				f.OSName = strings.Trim(value, `"'`)
			case "VERSION_ID":
				f.OSVersion = strings.Trim(value, `"'`)
			}
		}
		break
	}
	return f
}
