import type { ObjectAnswer, RecordAnswer } from '@kantos/model'

/** What a record is called: its name or title, else its first text that isn't empty, else its id. */
export function recordTitle(
  record: Pick<RecordAnswer, 'id' | 'field_values'>,
  object: Pick<ObjectAnswer, 'fields'> | undefined,
): string {
  const values = record.field_values
  const named = [
    values['name'],
    values['title'],
    ...(object?.fields ?? []).map(({ type, slug }) => TEXTS.has(type) && values[slug]),
  ]
  const title = named.find((value) => typeof value === 'string' && value.trim() !== '')
  return typeof title === 'string' ? title : record.id
}

const TEXTS: ReadonlySet<string> = new Set(['text', 'email', 'phone', 'url'])
