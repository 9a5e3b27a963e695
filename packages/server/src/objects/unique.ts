import { ApiError, type Field, publicId, uniqueKey } from '@kantos/model'
import type { Client } from '../db/pool.ts'
import { holdWriters } from './rows.ts'
import { readFieldValues } from './values.ts'

const PAGE = 2_000
const MARGIN_MS = 60_000

/**
 * Fills the unique values of a field that becomes unique.
 *
 * Records are read while others write. Then `holdWriters` keeps them out for a moment, and what changed since the
 * start is read once more; a writer that waits there finds that the objects have changed, and claims its value.
 *
 * @throws ApiError CONFLICT naming a value that two records have
 */
export async function claimUniqueValues(
  client: Client,
  workspaceId: string,
  object: string,
  field: Field,
): Promise<void> {
  const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now')
  const since = new Date(rows[0]!.now.getTime() - MARGIN_MS)
  await claim(client, workspaceId, object, field, null)
  await holdWriters(client)
  await client.query(
    `delete from unique_values u where u.workspace_id = $1 and u.object = $2 and u.field = $3 and not exists (
       select from records r where r.workspace_id = $1 and r.id = u.record_id and r.updated_at < $4)`,
    [workspaceId, object, field.slug, since],
  )
  await claim(client, workspaceId, object, field, since)
}

/** Forgets the unique values of a field. */
export async function freeUniqueValues(
  client: Client,
  workspaceId: string,
  object: string,
  slug: string,
): Promise<void> {
  await client.query('delete from unique_values where workspace_id = $1 and object = $2 and field = $3', [
    workspaceId,
    object,
    slug,
  ])
}

async function claim(
  client: Client,
  workspaceId: string,
  object: string,
  field: Field,
  since: Date | null,
): Promise<void> {
  let page: { uuid: string; key: string }[] = []
  const write = async () => {
    const { rows } = await client.query<{ key: string; first: string; second: string }>(
      `with wanted as (select * from unnest($4::uuid[], $5::text[]) as x(record_id, value)),
       claimed as (
         insert into unique_values (workspace_id, object, field, value, record_id)
         select $1, $2, $3, value, record_id from wanted order by value, record_id
         on conflict do nothing returning value, record_id)
       select w.value as key, w.record_id as second,
         coalesce((select c.record_id from claimed c where c.value = w.value), (select u.record_id from unique_values u
           where u.workspace_id = $1 and u.object = $2 and u.field = $3 and u.value = w.value)) as first
       from wanted w where not exists (select from claimed c where c.record_id = w.record_id) limit 1`,
      [workspaceId, object, field.slug, page.map(({ uuid }) => uuid), page.map(({ key }) => key)],
    )
    page = []
    if (rows[0] === undefined) return
    const [first, second] = [rows[0].first, rows[0].second].map((uuid) => publicId('record', uuid))
    throw new ApiError(
      'CONFLICT',
      `"${field.name}" can't be unique: ${first} and ${second} both have ${JSON.stringify(rows[0].key)}.`,
      { value: rows[0].key, record_ids: [first, second] },
    )
  }
  for await (const { uuid, value } of readFieldValues(client, workspaceId, object, field.slug, since)) {
    const key = uniqueKey(field, value)
    if (key !== null) page.push({ uuid, key })
    if (page.length >= PAGE) await write()
  }
  if (page.length > 0) await write()
}
