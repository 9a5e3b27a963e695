import type { RecordAnswer } from '@kantos/model'

/** What is chosen to try an automation with. */
export interface TryChoice {
  source: 'record' | 'invented'
  recordId: string | null
  invented: Record<string, unknown>
  /** of an update: slug → new value */
  changes: Record<string, unknown>
  /** of a webhook: JSON text */
  body: string
}

export const NOTHING_CHOSEN: TryChoice = {
  source: 'record',
  recordId: null,
  invented: {},
  changes: {},
  body: '{\n  "email": "ada@example.com"\n}',
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
      return { automation, webhook: { body: JSON.parse(choice.body.trim() === '' ? '{}' : choice.body) as unknown } }
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
 * A change to begin with, so that an update's automation has something to look at: the trigger's own field, to the value it waits for.
 *
 * @param record what the change is invented on
 */
export function likelyChange(
  trigger: Readonly<Record<string, unknown>>,
  record: RecordAnswer | null,
): Record<string, unknown> {
  const field = trigger['field']
  if (trigger['event'] !== 'field.changed' || typeof field !== 'string') return {}
  const wanted = Array.isArray(trigger['to']) ? trigger['to'][0] : trigger['to']
  return { [field]: wanted ?? record?.field_values[field] ?? null }
}
