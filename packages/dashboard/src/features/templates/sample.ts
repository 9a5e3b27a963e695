import { getRecordRoute, type ObjectAnswer, type RecordAnswer, renderEmail, type Scope } from '@kantos/model'
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { errorWords } from '../../lib/error-words.ts'
import type { Session } from '@kantos/model'

type Values = Readonly<Record<string, unknown>>

/** A record with what its references name, for a preview. */
export interface Sample {
  record: Values
  referenced: ReadonlyMap<string, Values>
}

/** A record as templates see it: its fields beside its id and times. Source: SPEC-DETAILS.md, section 6 */
function flat({ id, created_at, updated_at, created_by, field_values }: RecordAnswer): Values {
  return { ...field_values, id, created_at, updated_at, created_by }
}

/** Reads a record and the records it refers to. */
export function sampleQuery(id: string | null, object: ObjectAnswer | undefined) {
  return queryOptions({
    queryKey: ['sample', id, object?.slug],
    enabled: id !== null && object !== undefined,
    queryFn: async ({ signal }): Promise<Sample> => {
      const read = (one: string) => call(getRecordRoute, { params: { id: one } }, { signal })
      const record = await read(id!)
      const ids = object!.fields.flatMap(({ type, slug }) => {
        const value = record.field_values[slug]
        return type === 'reference' && typeof value === 'string' ? [value] : []
      })
      const found = await Promise.allSettled(ids.map(read))
      const referenced = found.flatMap((one) =>
        one.status === 'fulfilled' ? [[one.value.id, flat(one.value)] as const] : [],
      )
      return { record: flat(record), referenced: new Map(referenced) }
    },
  })
}

/** What can be named in an e-mail that is written about a record. Source: SPEC.md, section 7 */
export function scopeOf(sample: Sample | undefined, session: Session): Scope {
  const now = new Date().toISOString()
  return {
    record: sample?.record ?? {},
    previous: sample?.record ?? {},
    changes: {},
    variables: {},
    steps: {},
    automation: { id: '', name: '' },
    run: { id: '' },
    event: { id: '', type: 'record.created', at: now },
    user: { id: session.id, name: session.name, email: session.email },
    now,
    today: now.slice(0, 10),
  }
}

/** What a template gives. */
export type Preview =
  | { ok: true; subject: string; html: string; text: string; missing: string[] }
  | { ok: false; error: string }

/** Renders a template in the browser, with the code that sends it. Source: SPEC.md, section 7 */
export function preview(
  texts: { subject: string; html: string; text: string },
  scope: Scope,
  follow: (recordId: string) => Values | null,
): Preview {
  try {
    return { ok: true, ...renderEmail({ ...texts }, scope, { follow }) }
  } catch (error) {
    return { ok: false, error: errorWords(error).message }
  }
}
