import { expect, test } from 'vitest'
import { objectFromTemplate, STANDARD_OBJECTS } from '../object.ts'
import { validateAutomation } from '../validate.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))
const errorsOf = (to: string, field = 'owner') => {
  const document = {
    name: 'Tell the owner',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field, operator: 'is_not_empty' }] },
    actions: [{ type: 'send_email', config: { to, subject: 'Hi', body: 'Hi' } }],
  }
  const result = validateAutomation(document, { objects, templates: [], secrets: [], now: 0 })
  return result.ok ? [] : result.errors
}

test('a user field leads to the user’s id, name and e-mail, in templates and in rules', () => {
  for (const part of ['id', 'name', 'email'])
    expect(errorsOf(`{{record.owner.${part}}}{{previous.owner.${part}}}`, `owner.${part}`)).toEqual([])
})

test('anything else of a user is refused, with what was meant', () => {
  expect(errorsOf('{{record.owner.emial}}')).toMatchObject([
    {
      path: '/actions/0/config/to',
      message: 'owner is a user field and has no part "emial", at column 3',
      hint: 'did you mean "email"?',
    },
  ])
  expect(errorsOf('a@example.org', 'owner.role')).toMatchObject([
    { path: '/conditions/rules/0/field', hint: 'one of: id, name, email' },
  ])
  expect(errorsOf('{{record.owner.email.length}}')).toMatchObject([
    { message: 'owner.email has no parts, at column 3' },
  ])
})
