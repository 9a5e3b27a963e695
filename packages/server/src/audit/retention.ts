import { DEFAULT_SETTINGS } from '@kantos/model'
import type { Pool } from '../db/pool.ts'

/** Deletes entries of the audit log that are older than their workspace keeps them. @returns how many */
export async function forgetOldEntries(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from audit_log a using workspaces w where w.id = a.workspace_id
     and a.at < now() - make_interval(days => coalesce((w.settings #>> '{retention,audit_days}')::int, $1))`,
    [DEFAULT_SETTINGS.retention.audit_days],
  )
  return rowCount ?? 0
}
