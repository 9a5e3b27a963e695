import type { Field, FieldOptions, FieldType, ObjectDefinition } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

/** The objects of a workspace at one revision. A changed object or field raises the revision. */
export interface Catalogue {
  workspaceId: string
  rev: number
  objects: ReadonlyMap<string, ObjectDefinition>
}

interface FieldRow {
  id: string
  slug: string
  name: string
  type: FieldType
  required: boolean
  unique: boolean
  default_value: unknown
  options: FieldOptions | null
  position: number
}
interface ObjectRow {
  slug: string
  name: string
  icon: string
  description: string | null
  standard: boolean
  fields: FieldRow[] | null
}

const newest = new Map<string, Catalogue>()

/** The revision of a workspace's objects and automations; null when there is no such workspace. */
export async function readRevision(db: Queryable, workspaceId: string): Promise<number | null> {
  const { rows } = await db.query<{ rev: number }>({
    name: 'workspace-revision',
    text: 'select automations_rev as rev from workspaces where id = $1',
    values: [workspaceId],
  })
  return rows[0] === undefined ? null : Number(rows[0].rev)
}

/**
 * The workspace's objects as they are now: one cheap look at the revision, and a read only when it has changed.
 *
 * @throws Error when there is no such workspace
 */
export async function readCatalogue(db: Queryable, workspaceId: string): Promise<Catalogue> {
  const rev = await readRevision(db, workspaceId)
  if (rev === null) throw new Error(`There is no workspace ${workspaceId}.`)
  return catalogueAt(db, workspaceId, rev)
}

/** Drops what was read inside a transaction that was rolled back: its revision will be another's. */
export function forgetCatalogue(workspaceId: string): void {
  newest.delete(workspaceId)
}

/** The last catalogue this process saw, without asking; the caller's write must check its revision. */
export async function recentCatalogue(db: Queryable, workspaceId: string): Promise<Catalogue> {
  return newest.get(workspaceId) ?? readCatalogue(db, workspaceId)
}

/** The catalogue of a revision just read in the same transaction or statement. */
export async function catalogueAt(db: Queryable, workspaceId: string, rev: number): Promise<Catalogue> {
  const known = newest.get(workspaceId)
  if (known !== undefined && known.rev === rev) return known
  const { rows } = await db.query<ObjectRow>({
    text: `
      select o.slug, o.name, o.icon, o.description, o.standard,
        (select json_agg(json_build_object('id', 'fld_' || replace(f.id::text, '-', ''), 'slug', f.slug, 'name', f.name,
            'type', f.type, 'required', f.required, 'unique', f.is_unique, 'default_value', f.default_value,
            'options', f.options, 'position', f.position) order by f.position, f.slug)
         from fields f where f.workspace_id = o.workspace_id and f.object = o.slug) as fields
      from objects o where o.workspace_id = $1 order by o.position, o.slug`,
    values: [workspaceId],
  })
  const objects = new Map<string, ObjectDefinition>()
  for (const row of rows) {
    const fields: Field[] = (row.fields ?? []).map((field) => ({ ...field }))
    objects.set(row.slug, { ...row, fields })
  }
  const catalogue: Catalogue = { workspaceId, rev, objects }
  // a reader inside an older snapshot must not put an older revision back
  if (known === undefined || known.rev < rev) newest.set(workspaceId, catalogue)
  return catalogue
}
