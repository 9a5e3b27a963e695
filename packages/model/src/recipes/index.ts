import { DEAL_RECIPES } from './deals.ts'
import { LEAD_RECIPES } from './leads.ts'
import type { Recipe } from './recipe.ts'
import { TEAM_RECIPES } from './team.ts'

export { MY_ADDRESS, RECIPE_GROUPS, recipeFor } from './recipe.ts'
export type { Recipe, RecipeAction, RecipeDocument, RecipeGroup } from './recipe.ts'

/** Automations to start from; each is valid, and works, on a fresh installation. */
export const RECIPES: readonly Recipe[] = [...LEAD_RECIPES, ...DEAL_RECIPES, ...TEAM_RECIPES]
