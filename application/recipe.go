package application

import (
	"slices"

	"github.com/standin-id/standin"
)

// Recipes are the ways in which applications are known to be connected, in the order in which they are offered.
func Recipes() []string {
	return []string{"apache", "nginx", "caddy", "node", "go", "python", "sdk", "other"}
}

// checkRecipe refuses a recipe that there is not.
func (c Client) checkRecipe() error {
	if c.Recipe == "" || slices.Contains(Recipes(), c.Recipe) {
		return nil
	}
	return standin.Refuse(standin.Invalid, "application.put_client", "application.bad_recipe", "There is no such recipe.").On("recipe")
}
