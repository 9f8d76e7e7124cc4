package document_test

import (
	"errors"
	"fmt"

	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/document"
)

func ExampleLoad() {
	set, err := catalog.Builtin()
	if err != nil {
		panic(err)
	}
	text := `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Hello
        action: executebash
`
	_, diagnostics := document.Load("hello.yaml", []byte(text), set, document.Options{})
	fmt.Println(diagnostics.Err())
	var hinted interface{ Hint() string }
	if errors.As(diagnostics.Err(), &hinted) {
		fmt.Println(hinted.Hint())
	}
	// Output:
	// hello.yaml:6:17: step "Hello": unknown action "executebash"
	// did you mean "ExecuteBash"?
}
