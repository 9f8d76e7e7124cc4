package embedded

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/containerd/platforms"
	"github.com/google/go-cmp/cmp"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestPlatformsAreThoseWithAnInterpreter(t *testing.T) {
	dir := t.TempDir()
	for name, state := range map[string]string{
		"qemu-aarch64": "enabled\ninterpreter /usr/bin/qemu-aarch64-static\n", "qemu-s390x": "disabled\n",
		"python3.11": "enabled\n", "status": "enabled", "qemu-x86_64": "enabled\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(state), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, p := range withInterpreters(ocispecs.Platform{OS: "linux", Architecture: "amd64"}, dir) {
		got = append(got, platforms.Format(p))
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/386", "linux/arm64"}, got); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
	if got := withInterpreters(ocispecs.Platform{OS: "linux", Architecture: "arm64"}, filepath.Join(dir, "none")); len(got) != 1 {
		t.Errorf("without binfmt_misc: %v", got)
	}
}
