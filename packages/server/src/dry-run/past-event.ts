import type { ChainLink, CrmEvent } from '@kantos/model'
import { uuidOf } from '@kantos/model'
import { query } from '../db/pool.ts'
import { take } from './record.ts'
import type { Setting } from './setting.ts'
import type { Occurrence } from './told.ts'
import { notFound } from './tried.ts'

type Row = Omit<CrmEvent, 'chain'> & { chainId: string; depth: number; path: ChainLink[] | null }

/**
 * An event that happened, with its record as the event left it, so that the run sees what one would have seen then.
 * Everything else is as it is now.
 *
 * @throws ApiError NOT_FOUND
 */
export async function readPastEvent(setting: Setting, publicEventId: string): Promise<Occurrence> {
  const { client, workspaceId, writes } = setting
  const id = uuidOf('event', publicEventId)
  const { rows } = await query<Row>(client, {
    name: 'event-by-id',
    text: `select id, workspace_id as "workspaceId", type, object, record_id as "recordId", at, source, actor, lane,
        automation_id as "automationId", changes, after, payload, chain_id as "chainId", depth, path
      from events where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  })
  const [row] = rows
  if (row === undefined) notFound('There is no such event, or it is kept no longer.')
  const { chainId, depth, path, ...rest } = row
  const event: CrmEvent = { ...rest, chain: { id: chainId, depth, path: path ?? [] } }
  if (event.recordId !== null && event.object !== null) {
    const now = await take(setting, event.recordId)
    if (event.type === 'record.deleted') writes.assume(workspaceId, event.recordId, null)
    else if (event.after !== null) {
      const then = {
        id: event.recordId,
        object: event.object,
        data: event.after,
        createdAt: now?.createdAt ?? event.at,
        updatedAt: event.type.startsWith('record.') ? event.at : (now?.updatedAt ?? event.at),
        createdBy: now?.createdBy ?? null,
      }
      writes.assume(workspaceId, event.recordId, then)
      if (now === null) setting.notes.push('The record was deleted since; it is taken as the event left it.')
      else if (JSON.stringify(now.data) !== JSON.stringify(event.after))
        setting.notes.push('The record has changed since; it is taken as the event left it.')
    }
  }
  return { event, invented: false, why: null }
}
