import { type Client, query } from '../db/pool.ts'
import { BackupError } from './format.ts'
import { presentTables } from './tables.ts'

const WHAT_TO_DO = 'Restore into an empty installation: another DATA_DIR, or DATABASE_URL of an empty database.'

/**
 * Sees to it that the database is empty, inside the caller's transaction.
 *
 * @param own names of the tables that are ours
 * @param force takes away an installation that has nothing but its default workspace
 * @throws BackupError that says what is there
 */
export async function makeRoom(client: Client, own: ReadonlySet<string>, force: boolean): Promise<void> {
  const busy = await query<{ name: string }>(client, {
    text: `select distinct application_name as name from pg_stat_activity
      where datname = current_database() and application_name in ('kantos api', 'kantos worker', 'kantos all')`,
  })
  if (busy.rows.length > 0) throw new BackupError('Kantos is running on this database. Stop it first.')
  const present = await presentTables(client)
  const strange = present.filter((name) => !own.has(name))
  if (strange.length > 0)
    throw new BackupError(
      `The database holds tables that aren't ours (${strange.slice(0, 5).join(', ')}). ${WHAT_TO_DO}`,
    )
  if (present.length === 0) return
  const used = await whatIsUsed(client, present)
  if (used.length > 0) throw new BackupError(`This installation is in use: it has ${used.join(', ')}. ${WHAT_TO_DO}`)
  if (!force)
    throw new BackupError(
      `This installation has been started before. ${WHAT_TO_DO} Since there is nothing in it but its default workspace, --force may overwrite it.`,
    )
  const names = present.map((name) => client.escapeIdentifier(name))
  await client.query(`drop table ${names.join(', ')} cascade`)
  await dropFunctions(client)
}

async function whatIsUsed(client: Client, present: readonly string[]): Promise<string[]> {
  const used: string[] = []
  for (const table of ['records', 'automations', 'runs', 'events', 'email_templates', 'secrets']) {
    if (!present.includes(table)) continue
    const { rows } = await query<{ some: boolean }>(client, { text: `select exists (select from ${table}) as some` })
    if (rows[0]!.some) used.push(table.replace('_', ' '))
  }
  if (present.includes('workspaces')) {
    const { rows } = await query<{ n: number }>(client, { text: 'select count(*)::int as n from workspaces' })
    if (rows[0]!.n > 1) used.push(`${rows[0]!.n} workspaces`)
  }
  return used
}

/** Those of our schema; an extension's stay. */
async function dropFunctions(client: Client): Promise<void> {
  const { rows } = await query<{ name: string }>(client, {
    text: `select p.oid::regprocedure::text as name from pg_proc p
      where p.pronamespace = current_schema()::regnamespace and pg_has_role(p.proowner, 'usage')
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
  })
  for (const { name } of rows) await client.query(`drop function if exists ${name} cascade`)
}
