import { describe, expect, test } from 'vitest'
import { emailTemplateInput } from '../api/email-templates.ts'
import { emailProblems, renderEmail } from '../email-template.ts'
import { objectFromTemplate, STANDARD_OBJECTS } from '../object.ts'
import { loopWarnings } from '../loop-warnings.ts'
import { validateAutomation } from '../validate.ts'
import type { ValidAutomation, ValidationContext } from '../validate.ts'
import { MY_ADDRESS, recipeFor, RECIPES } from './index.ts'
import type { Recipe } from './index.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))

/** A fresh installation: the standard objects, the recipe's own templates, and nothing else. */
function freshWith(recipe: Recipe): ValidationContext {
  const templates = recipe.templates.map(({ name }, index) => ({ id: `tmpl_${String(index).padStart(32, '0')}`, name }))
  return { objects, templates, secrets: [], now: Date.UTC(2026, 10, 23) }
}

function valid(recipe: Recipe): ValidAutomation {
  const result = validateAutomation(recipe.automation, freshWith(recipe))
  if (!result.ok) throw new Error(`${recipe.slug}: ${JSON.stringify(result.errors, null, 2)}`)
  return result
}

test('there are at least twelve recipes, each with a slug and a name of its own', () => {
  expect(RECIPES.length).toBeGreaterThanOrEqual(12)
  expect(new Set(RECIPES.map(({ slug }) => slug)).size).toBe(RECIPES.length)
  expect(new Set(RECIPES.map(({ automation }) => automation.name)).size).toBe(RECIPES.length)
})

test('no two recipes bring different templates of one name', () => {
  const names = RECIPES.flatMap(({ templates }) => templates.map(({ name }) => name))
  expect(new Set(names).size).toBe(names.length)
})

describe.each(RECIPES.map((recipe) => [recipe.slug, recipe] as const))('%s', (_, recipe) => {
  test('is valid on a fresh installation', () => {
    const { document } = valid(recipe)
    expect(document.actions.length).toBeGreaterThan(0)
  })

  test('its templates are valid and used', () => {
    for (const template of recipe.templates) {
      expect(emailTemplateInput.parse(template).name).toBe(template.name)
      expect(emailProblems({ subject: template.subject, html: template.html ?? '' })).toEqual([])
      expect(JSON.stringify(recipe.automation)).toContain(`"template":"${template.name}"`)
    }
  })

  test('does not start itself', () => {
    expect(loopWarnings(valid(recipe).document, objects, [])).toEqual([])
  })

  test('internal messages go to who uses it', () => {
    const text = JSON.stringify(recipeFor(recipe, 'ada@example.org'))
    expect(text).not.toContain(MY_ADDRESS)
    expect(text.includes('ada@example.org')).toBe(JSON.stringify(recipe.automation).includes(MY_ADDRESS))
  })
})

test('the welcome e-mail reads well with and without a company', () => {
  const [template] = RECIPES.find(({ slug }) => slug === 'welcome-new-lead')!.templates
  const email = { subject: template!.subject, html: template!.html ?? '' }
  const scope = (company: string | null) => ({ record: { name: 'Ada', company }, variables: {} })
  expect(renderEmail(email, scope('Acme')).text).toContain('interest on behalf of Acme. One')
  expect(renderEmail(email, scope(null)).text).toContain('interest. One')
})

test('another address than a plain one is not put into a document', () => {
  const recipe = RECIPES.find(({ slug }) => slug === 'stage-change-notice')!
  expect(recipeFor(recipe, '{{secrets.x}}')).toBe(recipe.automation)
})
