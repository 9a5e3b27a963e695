import type { ObjectAnswer, RecordAnswer } from '@kantos/model'
import { optionsOf } from '../../../lib/fields.ts'

/** What is chosen to try an automation with. */
export interface TryChoice {
  source: 'record' | 'invented'
  recordId: string | null
  invented: Record<string, unknown>
  /** of an update: slug → new value */
  changes: Record<string, unknown>
  /** of a webhook: JSON text; null: what is proposed */
  body: string | null
}

export const NOTHING_CHOSEN: TryChoice = {
  source: 'record',
  recordId: null,
  invented: {},
  changes: {},
  body: null,
}

/** Whether a trigger is about a change, so that one can be invented. */
export function wantsChange(event: unknown): boolean {
  return event === 'record.updated' || event === 'field.changed'
}

/**
 * The body of a dry run: the draft, with what was chosen.
 *
 * @returns null when the webhook's body isn't JSON
 * Source: SPEC-DETAILS.md, section 8
 */
export function tryBody(
  automation: Record<string, unknown>,
  event: unknown,
  choice: TryChoice,
): Record<string, unknown> | null {
  if (event === 'webhook.received') {
    try {
      const text = choice.body ?? likelyBody(automation)
      return { automation, webhook: { body: JSON.parse(text.trim() === '' ? '{}' : text) as unknown } }
    } catch {
      return null
    }
  }
  const about =
    choice.source === 'invented'
      ? { record: choice.invented }
      : choice.recordId === null
        ? {}
        : { record_id: choice.recordId }
  const changes = wantsChange(event) && Object.keys(choice.changes).length > 0 ? { changes: choice.changes } : {}
  return { automation, ...about, ...changes }
}

/**
 * A change to begin with, so that an update's automation has something to look at: the trigger's own field, to the value it waits for,
 * else to another one than it has.
 *
 * @param record what the change is invented on
 */
export function likelyChange(
  trigger: Readonly<Record<string, unknown>>,
  record: Pick<RecordAnswer, 'field_values'> | null,
  object: ObjectAnswer | undefined,
): Record<string, unknown> {
  const field = trigger['field']
  if (trigger['event'] !== 'field.changed' || typeof field !== 'string') return {}
  const wanted = Array.isArray(trigger['to']) ? trigger['to'][0] : trigger['to']
  const now = record?.field_values[field] ?? null
  return { [field]: wanted ?? otherValue(now, object, field) }
}

/** Another value than the field has, where one is at hand. */
function otherValue(now: unknown, object: ObjectAnswer | undefined, slug: string): unknown {
  const field = object?.fields.find((one) => one.slug === slug)
  if (field === undefined) return now
  if (field.type === 'number' || field.type === 'currency') return typeof now === 'number' ? now + 1 : 1
  if (field.type === 'boolean') return now !== true
  if (field.type === 'status' || field.type === 'dropdown')
    return optionsOf(field).find(({ name }) => name !== now)?.name ?? now
  return now
}

const BODY_PATH = /\bwebhook\.body((?:\.[A-Za-z_]\w*)+)/g
const SAMPLES: readonly [RegExp, unknown][] = [
  [/mail/i, 'ada@example.com'],
  [/name/i, 'Ada Lovelace'],
  [/phone|tel/i, '+49 30 1234567'],
  [/url|link|website/i, 'https://example.com'],
  [/amount|value|price|count|number|score/i, 100],
]

/**
 * A call to begin with: a value for all that the automation reads of its body.
 *
 * @param automation its trigger, conditions and actions
 * @returns JSON text
 */
export function likelyBody(automation: object): string {
  const body: Record<string, unknown> = {}
  for (const [, path = ''] of JSON.stringify(automation).matchAll(BODY_PATH)) {
    const keys = path.slice(1).split('.')
    const last = keys.pop()!
    let place: unknown = body
    for (const key of keys) {
      const within = place as Record<string, unknown>
      if (typeof within[key] !== 'object') within[key] = {}
      place = within[key]
    }
    const holder = place as Record<string, unknown>
    holder[last] ??= SAMPLES.find(([name]) => name.test(last))?.[1] ?? last
  }
  return JSON.stringify(Object.keys(body).length === 0 ? { email: 'ada@example.com' } : body, null, 2)
}
