package store_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/store"
)

func Example() {
	dir, err := os.MkdirTemp("", "images")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	var rootfs bytes.Buffer
	w := tar.NewWriter(&rootfs)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755}), w.Close()); err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	images, err := store.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	img, err := images.ImportRootFS(ctx, &rootfs, store.RootFS{Name: "base:1.0.0", Platform: v1.Platform{OS: "linux", Architecture: "amd64"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := images.MarkTest(ctx, img.Digest(), store.Test{Status: store.Passed, RunID: "run-1"}); err != nil {
		fmt.Println(err)
		return
	}
	again, err := images.Resolve(ctx, "base:1.0.0")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(again.Name, again.Test.Status, again.Digest() == img.Digest())
	// Output: base:1.0.0 passed true
}
