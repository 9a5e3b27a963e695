import type { EmailTemplateInput } from '../api/email-templates.ts'

/** Who works with an automation: how recipes are grouped. */
export const RECIPE_GROUPS = ['Leads', 'Deals', 'Team', 'Connections'] as const
export type RecipeGroup = (typeof RECIPE_GROUPS)[number]

/** An automation to start from, as a person would write it, with the e-mail templates it names. */
export interface Recipe {
  slug: string
  name: string
  /** what it does, in one sentence */
  description: string
  group: RecipeGroup
  templates: readonly EmailTemplateInput[]
  /** `POST /automations` takes it; templates are named by their names */
  automation: RecipeDocument
  /** what to adapt before it is turned on, if anything */
  adapt?: string
}

export interface RecipeDocument {
  name: string
  description: string
  mode?: 'test'
  trigger: Record<string, unknown>
  conditions?: { match: 'all' | 'any'; rules: Record<string, unknown>[] }
  actions: RecipeAction[]
}

export interface RecipeAction {
  key: string
  name: string
  type: string
  config: Record<string, unknown>
}

/** Stands in recipes for the address of the person who uses one; `recipeFor` puts theirs in. */
export const MY_ADDRESS = 'me@example.com'

/**
 * A recipe's automation with internal messages going to who uses it.
 *
 * @param address one e-mail address; null leaves the example's, as does one that would break an expression
 */
export function recipeFor(recipe: Recipe, address: string | null): RecipeDocument {
  if (address === null || /\{\{|["\\]/.test(address)) return recipe.automation
  const put = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(MY_ADDRESS, () => address)
    if (Array.isArray(value)) return value.map(put)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, put(part)]))
  }
  return put(recipe.automation) as RecipeDocument
}

/** The HTML of an e-mail from its paragraphs, readable everywhere. */
export function letter(...paragraphs: string[]): string {
  const body = paragraphs.map((text) => `  <p style="margin: 0 0 16px">${text}</p>`).join('\n')
  return `<div style="font-family: sans-serif; font-size: 15px; line-height: 1.5; max-width: 560px">\n${body}\n</div>`
}
