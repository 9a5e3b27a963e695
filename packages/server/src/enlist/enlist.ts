import { ApiError, type Enrolment, invalid, type ObjectDefinition, publicId, remembers } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import { type Client, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { type Catalogue, readCatalogue } from '../records/catalogue.ts'
import type { Parameters } from '../records/filters.ts'
import { checkedFilters, countInTime, findRecords } from '../records/query.ts'
import type { RecordRow } from '../records/row.ts'
import { objectOf } from '../runs/manual.ts'
import { holdAutomations, type StartableAutomation } from '../runs/queue.ts'
import type { Principal, Services } from '../services.ts'

const SHOWN = 5
/** records are counted up to here */
const MOST_COUNTED = 10_000_000

export interface EnlistInput {
  filters?: Record<string, unknown>
  max?: number
  per_minute?: number
}

export interface EnlistPreview {
  object: ObjectDefinition
  count: number
  capped: boolean
  sample: RecordRow[]
  alreadyEnrolled: number
}

/**
 * The records an automation would be run on.
 *
 * @param automationId uuid
 * @throws ApiError NOT_FOUND; BAD_REQUEST, VALIDATION_ERROR (filters, or an automation that isn't about records)
 */
export async function previewEnlist(
  { pool, time }: Pick<Services, 'pool' | 'time'>,
  workspaceId: string,
  automationId: string,
  { filters = {} }: EnlistInput,
): Promise<EnlistPreview> {
  const { automation, object } = await transaction(pool, async (client) =>
    subject(await readCatalogue(client, workspaceId), await find(client, workspaceId, automationId)),
  )
  checkedFilters(object, filters)
  const sample = await findRecords(pool, workspaceId, object, { filters, afterId: null, limit: SHOWN })
  const counted = await countInTime(pool, workspaceId, object, { filters, cap: MOST_COUNTED })
  const { enrolment } = automation.document
  const enrolled =
    enrolment === undefined || sample.length === 0
      ? { total: 0, capped: false }
      : await countInTime(pool, workspaceId, object, {
          filters,
          cap: MOST_COUNTED,
          among: (parameters) => enrolledSql(automation, enrolment, workspaceId, time.now(), parameters),
        })
  return {
    object,
    count: counted?.total ?? sample.length,
    capped: counted?.capped ?? true,
    sample,
    alreadyEnrolled: enrolled?.total ?? 0,
  }
}

/** The records, of `r`, that the rule doesn't take now. */
function enrolledSql(
  { id, mode }: StartableAutomation,
  enrolment: Enrolment,
  workspaceId: string,
  nowMs: number,
  parameters: Parameters,
): string {
  const from = remembers(enrolment) ? 'enrolments' : 'runs_live'
  const days = typeof enrolment === 'object' ? enrolment.once_per.days : null
  const since = days === null ? null : new Date(nowMs - days * 86_400_000)
  const parts = [
    `e.workspace_id = ${parameters.add(workspaceId, 'uuid')} and e.automation_id = ${parameters.add(id, 'uuid')}`,
    `e.record_id = r.id and e.mode = ${parameters.add(mode, 'text')}`,
    ...(since === null ? [] : [`e.at > ${parameters.add(since, 'timestamptz')}`]),
    ...(from === 'runs_live' ? [`e.state ->> 'unjudged' is null`] : []),
  ]
  return `exists (select from ${from} e where ${parts.join(' and ')})`
}

/**
 * Begins to run an automation on the records that pass the filters and are there now. The chunks follow in the workers,
 * each in a transaction of its own.
 *
 * @param automationId uuid
 * @param then called in the same transaction with the public id, for the Idempotency-Key
 * @returns the public id
 * @throws like `previewEnlist`; CONFLICT when the automation is inactive
 */
export async function enlist(
  { pool, time }: Pick<Services, 'pool' | 'time'>,
  principal: Pick<Principal, 'workspaceId' | 'actor' | 'ip'>,
  automationId: string,
  { filters = {}, max, per_minute: perMinute }: EnlistInput,
  then: (client: Client, id: string) => Promise<void>,
): Promise<string> {
  const { workspaceId, actor } = principal
  const catalogue = await readCatalogue(pool, workspaceId)
  const first = subject(catalogue, await transaction(pool, (client) => find(client, workspaceId, automationId)))
  checkedFilters(first.object, filters)
  const counted = await countInTime(pool, workspaceId, first.object, { filters, cap: max ?? MOST_COUNTED })
  const total = counted === null || (max === undefined && counted.capped) ? null : counted.total
  return transaction(pool, async (client) => {
    const { automation, object } = subject(catalogue, await find(client, workspaceId, automationId))
    if (automation.status !== 'active')
      throw new ApiError('CONFLICT', `“${automation.name}” is inactive. Activate it first.`)
    const id = time.id()
    await query(client, {
      text: `insert into enlistments (workspace_id, id, automation_id, object, filters, most, per_minute, status, total,
          until_id, next_at, created_by)
        select $1, $2, $3, $4, $5, $6, $7, 'running', $8,
          (select r.id from records r where r.workspace_id = $1 and r.object = $4 order by r.id desc limit 1), now(), $9`,
      values: [
        workspaceId,
        id,
        automation.id,
        object.slug,
        JSON.stringify(filters),
        max ?? null,
        perMinute ?? null,
        total,
        actor,
      ],
    })
    const made = publicId('enlistment', id)
    await audit(client, principal, 'automation.enlisted', publicId('automation', automation.id), {
      enlistment_id: made,
      filters,
      total,
    })
    await then(client, made)
    return made
  })
}

async function find(db: Queryable, workspaceId: string, id: string): Promise<StartableAutomation> {
  const found = (await holdAutomations(db, workspaceId, [id])).get(id)
  if (found === undefined) throw new ApiError('NOT_FOUND', 'There is no such automation.')
  return found
}

function subject(
  { objects }: Catalogue,
  automation: StartableAutomation,
): { automation: StartableAutomation; object: ObjectDefinition } {
  const { trigger } = automation.document
  const object = objects.get(objectOf(trigger) ?? '')
  if (object === undefined || trigger.event === 'record.deleted')
    throw invalid([
      {
        path: '',
        message:
          object === undefined
            ? `“${automation.name}” is not about records, so it can't be run on existing ones.`
            : `“${automation.name}” is about deleted records, so it can't be run on existing ones.`,
      },
    ])
  return { automation, object }
}
