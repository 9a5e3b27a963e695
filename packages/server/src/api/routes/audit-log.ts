import { publicId, readAuditLog } from '@kantos/model'
import { readEntries } from '../../audit/read.ts'
import type { Services } from '../../services.ts'
import { pageOf, readCursor } from '../cursor.ts'
import type { Api } from '../implement.ts'

/** Who changed what. */
export function auditLogRoutes(api: Api, { pool }: Services): void {
  api.handle(readAuditLog, async ({ principal, query: { cursor, limit, ...filter } }) => {
    const before = readCursor('audit', cursor)
    const rows = await readEntries(pool, principal.workspaceId, { ...filter, before, limit: limit + 1 })
    const { page, next_cursor } = pageOf('audit', rows, limit)
    return {
      data: page.map((row) => ({ ...row, id: publicId('audit', row.id), at: row.at.toISOString() })),
      next_cursor,
    }
  })
}
