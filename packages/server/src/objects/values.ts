import { ApiError, type Field, normalizeValue, publicId } from '@kantos/model'
import { isDeepStrictEqual } from 'node:util'
import { BEFORE_ALL } from '../db/before-all.ts'
import type { Client } from '../db/pool.ts'

const PAGE = 2_000

/**
 * The values that records have in a field, a page at a time in the order of the records' ids.
 *
 * @param since only records changed since then
 */
export async function* readFieldValues(
  client: Client,
  workspaceId: string,
  object: string,
  slug: string,
  since: Date | null = null,
): AsyncGenerator<{ id: string; uuid: string; value: unknown }> {
  let after = BEFORE_ALL
  for (;;) {
    const { rows }: { rows: { uuid: string; value: unknown }[] } = await client.query(
      `select id as uuid, data -> $3::text as value from records
       where workspace_id = $1 and object = $2 and data ? $3 and id > $4
         and ($5::timestamptz is null or updated_at >= $5)
       order by id limit ${PAGE}`,
      [workspaceId, object, slug, after, since],
    )
    for (const row of rows) yield { ...row, id: publicId('record', row.uuid) }
    if (rows.length < PAGE) return
    after = rows.at(-1)!.uuid
  }
}

/** Refuses a new type when a stored value isn't, as it is, a value of it. @throws ApiError CONFLICT naming a record and its value */
export async function refuseUnfitValues(
  client: Client,
  workspaceId: string,
  object: string,
  before: Field,
  after: Field,
): Promise<void> {
  for await (const { id, value } of readFieldValues(client, workspaceId, object, before.slug)) {
    const fitting = normalizeValue(after, value)
    if ('error' in fitting || !isDeepStrictEqual(fitting.value, value))
      throw new ApiError(
        'CONFLICT',
        `"${before.name}" can't become ${after.type}: ${id} has ${JSON.stringify(value).slice(0, 80)}. Nothing was changed.`,
        { record_id: id },
      )
  }
}

const namesOf = (field: Field) => (field.options?.stages ?? field.options?.choices ?? []).map((option) => option.name)

/** Refuses new options that leave out one which records have. @throws ApiError CONFLICT naming it and how many have it */
export async function refuseUsedOptions(
  client: Client,
  workspaceId: string,
  object: string,
  before: Field,
  after: Field,
): Promise<void> {
  const kept = new Set(namesOf(after))
  const removed = namesOf(before).filter((name) => !kept.has(name))
  if (removed.length === 0) return
  // `?` asks a text whether it is the name, and a list whether it has it
  const { rows } = await client.query<{ name: string; records: number }>(
    `select name, count(*)::int as records from unnest($4::text[]) as name
     join records r on r.workspace_id = $1 and r.object = $2 and (r.data -> $3::text) ? name
     group by name order by records desc, name`,
    [workspaceId, object, before.slug, removed],
  )
  if (rows.length === 0) return
  const listed = rows.map(({ name, records }) => `"${name}" (${records} ${records === 1 ? 'record' : 'records'})`)
  throw new ApiError('CONFLICT', `Records have options that would be gone: ${listed.join(', ')}. Change them first.`, {
    options: rows,
  })
}
