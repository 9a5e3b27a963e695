import type { Queryable } from '../db/pool.ts'

/**
 * The workspace that a command is about.
 *
 * @param name its slug, or its name in any case
 * @returns its uuid
 * @throws Error naming the workspaces there are
 */
export async function findWorkspace(db: Queryable, name: string): Promise<string> {
  const { rows } = await db.query<{ id: string; slug: string; name: string }>(
    'select id, slug, name from workspaces order by created_at',
  )
  const found =
    rows.find(({ slug }) => slug === name) ?? rows.find((row) => row.name.toLowerCase() === name.toLowerCase())
  if (found !== undefined) return found.id
  throw new Error(
    `There is no workspace ${JSON.stringify(name)}; there are ${rows.map(({ slug }) => slug).join(', ')}.`,
  )
}
