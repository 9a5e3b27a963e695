import {
  compileAutomation,
  type CompiledAutomation,
  objectFromTemplate,
  STANDARD_OBJECTS,
  validateAutomation,
} from '@kantos/model'
import type { Random } from '../chaos/random.ts'

export const OBJECTS = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))

const TRIGGERS = [
  { event: 'record.created', object: 'leads' },
  { event: 'record.updated', object: 'leads' },
  { event: 'record.deleted', object: 'leads' },
  { event: 'field.changed', object: 'leads', field: 'status' },
  { event: 'field.changed', object: 'leads', field: 'score' },
]
/** records that a search gives at most */
export const FOUND_AT_MOST = 50
const STATUSES = ['new', 'contacted', 'qualified', 'converted']

/** A random automation as a user may write it; its trigger is given where it is a new version. */
export function randomDocument(random: Random, trigger: object = random.pick(TRIGGERS)): Record<string, unknown> {
  const document: Record<string, unknown> = { name: 'Simulated', trigger, actions: actions(random, 4, 0) }
  // what was deleted as the run starts has no more events
  const isGone = JSON.stringify(trigger).includes('record.deleted')
  if (isGone && JSON.stringify(document).includes('timeout')) return randomDocument(random, trigger)
  if (random.next() < 0.4) document.conditions = { match: random.pick(['all', 'any']), rules: [rule(random)] }
  if (random.next() < 0.25) document.serial = true
  if (random.next() < 0.2 && !isGone)
    document.exit = { match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'converted' }] }
  return document
}

/** Compiles a document as a save and a worker would. @throws Error when it isn't valid: the generator is wrong then */
export function compiled(id: string, version: number, document: object): CompiledAutomation {
  const checked = validateAutomation(document, { objects: OBJECTS, templates: [], secrets: [], now: 0 })
  if (!checked.ok) throw new Error(`Not a valid document: ${JSON.stringify(checked)} ${JSON.stringify(document)}`)
  return compileAutomation(
    { id, name: 'Simulated', version, document: checked.document },
    { objects: OBJECTS, templates: new Map() },
  )
}

function rule(random: Random): object {
  if (random.next() < 0.5) return { field: 'status', operator: 'not_equals', value: random.pick(STATUSES) }
  return { field: 'score', operator: 'less_than', value: Math.floor(random.between(1, 12)) }
}

function actions(random: Random, most: number, depth: number): object[] {
  return Array.from({ length: 1 + Math.floor(random.next() * most) }, () => action(random, depth))
}

/** The probe that isn't idempotent on purpose stands in every third action. */
function action(random: Random, depth: number): object {
  const kind = random.next()
  if (kind < 0.32)
    return withError(random, depth, { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } })
  if (kind < 0.42)
    return withError(random, depth, {
      type: 'create_record',
      config: { object_definition_id: 'tasks', data: { title: 'of {{record.name}} {{run.id}}' } },
    })
  if (kind < 0.58)
    return withError(random, depth, {
      type: 'webhook',
      config: {
        url: 'https://example.org/hook',
        retry: { delays_seconds: random.pick([[], [5], [1, 2, 3], [60, 300]]), on: random.pick(['any', 'transient']) },
      },
    })
  if (kind < 0.66)
    return withError(random, depth, {
      type: 'send_email',
      config: {
        to: 'someone@example.org',
        subject: 'Hello {{record.name}}',
        body: 'Text',
        delivery: random.pick(['at_least_once', 'at_most_once']),
      },
    })
  if (kind < 0.76) return { type: 'wait', config: { duration: random.pick([1, 30, 600]), unit: 'seconds' } }
  if (kind < 0.83)
    return {
      type: 'wait',
      config: {
        event: 'field.changed',
        field: 'status',
        timeout: { duration: random.pick([5, 120]), unit: 'seconds' },
        on_timeout: random.pick(['continue', 'stop', 'fail']),
      },
    }
  if (kind < 0.845) return { type: 'find_records', config: { object: 'tasks', limit: FOUND_AT_MOST } }
  if (kind < 0.86) return { type: 'stop', config: { reason: 'enough' } }
  if (kind < 0.88) return { type: 'delete_record', on_error: 'continue' }
  if (depth >= 2) return { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } }
  if (kind < 0.94)
    return {
      type: 'branch',
      config: {
        conditions: [
          // biome-ignore lint/suspicious/noThenProperty: the document's own word
          { if: rule(random), then: actions(random, 2, depth + 1) },
          { else: actions(random, 2, depth + 1) },
        ],
      },
    }
  return { type: 'for_each', config: { items: '{{[1, 2, 3]}}', actions: actions(random, 2, 2) } }
}

function withError(random: Random, depth: number, given: object): object {
  const draw = random.next()
  if (draw < 0.15) return { ...given, on_error: 'continue' }
  if (draw < 0.25 && depth < 2) return { ...given, on_error: { actions: actions(random, 2, 2) } }
  return given
}
