import { type Action, objectFromTemplate, STANDARD_OBJECTS } from '@kantos/model'
import { expect, test } from 'vitest'
import type { Draft } from '../document/draft.ts'
import { checkDraft, countByNode, placed, problemsOfNode } from './check.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))
const context = { objects, templates: [], secrets: [], others: [] }
const draft = (actions: Action[]): Draft => ({
  name: 'A',
  description: '',
  trigger: { event: 'record.updated', object: 'obj_def_leads' },
  conditions: { match: 'all', rules: [] },
  actions,
})

test('a problem stands at its part, with its path within it', () => {
  const way: Action = { key: 'mail', type: 'send_email', config: { subject: 'Hi', body: 'Hi', to: '{{record.nope}}' } }
  const branch: Action = {
    key: 'b',
    type: 'branch',
    config: { conditions: [{ if: { field: 'status', operator: 'greater_than', value: 1 }, then: [way] }] },
  }
  const found = checkDraft(draft([branch]), context, Date.now())
  expect(found.map(({ node, rest, severity }) => [node, rest, severity])).toEqual([
    ['arm:b:0', '/operator', 'error'],
    ['step:mail', '/config/to', 'error'],
  ])
  expect(countByNode(found).get('step:mail')).toEqual({ errors: 1, warnings: 0 })
  expect(problemsOfNode(found, 'step:mail').map(({ path }) => path)).toEqual(['/config/to'])
})
test('a step that starts its own automation again is warned of at once, at the step', () => {
  const update: Action = { key: 'u', type: 'update_record', config: { fields: { score: 1 } } }
  const [warning] = checkDraft(draft([update]), context, Date.now())
  expect(warning).toMatchObject({ node: 'step:u', severity: 'warning' })
  expect(warning!.message).toContain('starts this automation again')
})
test('the same problem from browser and server is shown once', () => {
  const problem = { path: '/name', message: 'name is empty' }
  expect(placed(draft([]), [problem, problem], [])).toHaveLength(1)
})
