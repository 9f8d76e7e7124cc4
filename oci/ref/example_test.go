package ref_test

import (
	"fmt"

	"github.com/slipway-oci/slipway/oci/ref"
)

func ExampleParse() {
	for _, text := range []string{"amazonlinux:2", "store:Web Base:1.4.0-2", "oci-layout:./images:web"} {
		r, err := ref.Parse(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Transport, r)
	}
	// Output:
	// registry docker.io/library/amazonlinux:2
	// store store:web-base:1.4.0-2
	// oci-layout oci-layout:./images:web
}
