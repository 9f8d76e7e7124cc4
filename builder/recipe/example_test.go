package recipe_test

import (
	"fmt"

	"github.com/slipway-oci/slipway/builder/recipe"
)

func ExampleParseTemplate() {
	template, err := recipe.ParseTemplate("Dockerfile", 1, `FROM {{{ imagebuilder:parentImage }}} AS web
{{{ imagebuilder:components }}}
USER app
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	parts := template.Render("debian:12")
	fmt.Print("before the components:\n", parts.Prefix, "behind them:\n", parts.Suffix)
	// Output:
	// before the components:
	// FROM debian:12 AS web
	// behind them:
	// FROM slipway-components AS web
	//
	// USER app
}
