package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
)

func (a *app) recipeCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recipe",
		Short: "Work with the recipes in the store",
		Long: "Work with the recipes in the store. The text of a recipe that is kept never changes, and components that it needs are\n" +
			"not deleted.",
		Example: "  slipway recipe create web\n  slipway recipe list",
	}
	cmd.AddCommand(a.recipeCreateCmd(), a.recipeListCmd(), a.recipeShowCmd(), a.recipeRekeyCmd(), a.recipeDeleteCmd())
	return group(cmd)
}

// recipeView is a recipe as JSON.
type recipeView struct {
	ARN         string            `json:"arn"`
	Reference   string            `json:"reference"`
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	Description string            `json:"description,omitempty"`
	ParentImage string            `json:"parentImage"`
	Platform    string            `json:"platform"`
	Components  []string          `json:"components"` // references as written
	Tags        map[string]string `json:"tags"`
	KMSKeyID    string            `json:"kmsKeyId,omitempty"`
	Encrypted   bool              `json:"encrypted"`
	Digest      string            `json:"digest"`
	DateCreated time.Time         `json:"dateCreated"`
}

func (s shelf) viewRecipe(r library.Recipe) recipeView {
	v := recipeView{
		ARN: s.RecipeARN(r), Reference: r.Short(), Name: r.Name, Version: r.Version.Text, Description: r.Description,
		ParentImage: r.ParentImage, Platform: r.Platform, Components: []string{}, Tags: r.Tags,
		KMSKeyID: r.KMSKey, Encrypted: r.Encrypted, Digest: r.Digest, DateCreated: r.Created,
	}
	if v.Tags == nil {
		v.Tags = map[string]string{}
	}
	for _, c := range r.References {
		v.Components = append(v.Components, c.Written)
	}
	return v
}
