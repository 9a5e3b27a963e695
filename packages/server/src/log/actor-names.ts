import { publicId, uuidOf } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'

const KINDS = ['user', 'key', 'run'] as const

/**
 * What people call the actors of events: users and keys by their names, runs by their automation's.
 *
 * @param actors public ids; what stands for nothing that is there has no name
 * Source: SPEC.md, section 9
 */
export async function readActorNames(
  db: Queryable,
  workspaceId: string,
  actors: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const [users, keys, runs] = KINDS.map((kind) => actors.flatMap((actor) => uuidOf(kind, actor) ?? []))
  if (users!.length + keys!.length + runs!.length === 0) return new Map()
  const { rows } = await query<{ kind: (typeof KINDS)[number]; id: string; name: string }>(db, {
    name: 'actor-names',
    text: `select 'user' as kind, id, name from users where workspace_id = $1 and id = any($2::uuid[])
      union all
      select 'key', id, name from api_keys where workspace_id = $1 and id = any($3::uuid[])
      union all
      select 'run', r.id, coalesce(a.name, v.name) from runs r
      left join automations a on a.workspace_id = $1 and a.id = r.automation_id
      left join automation_versions v
        on v.workspace_id = $1 and v.automation_id = r.automation_id and v.version = r.version
      where r.workspace_id = $1 and r.id = any($4::uuid[]) and coalesce(a.name, v.name) is not null`,
    values: [workspaceId, users, keys, runs],
  })
  return new Map(rows.map(({ kind, id, name }) => [publicId(kind, id), name]))
}
