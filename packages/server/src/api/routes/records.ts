import {
  ApiError,
  createRecordRoute,
  createRecordsRoute,
  deleteRecordRoute,
  type FieldValues,
  getRecordRoute,
  type ObjectDefinition,
  publicId,
  queryRecordsRoute,
  type RecordAnswer,
  updateRecordRoute,
  uuidOf,
} from '@kantos/model'
import { chainOfCall } from '../../inbound/chain.ts'
import { objectOf } from '../../objects/rows.ts'
import { readCatalogue, recentCatalogue } from '../../records/catalogue.ts'
import { presentRecord } from '../../records/present.ts'
import { queryPage, readRecord } from '../../records/query.ts'
import type { RecordRow } from '../../records/row.ts'
import type { Cause } from '../../records/write-batch.ts'
import { createRecord, createRecords, deleteRecord, updateRecord } from '../../records/write.ts'
import type { Principal, Services } from '../../services.ts'
import { CHAIN_HEADER } from '../../webhooks/chain-header.ts'
import type { RequestContext } from '../context.ts'
import type { Api } from '../implement.ts'
import { readJsonParameter } from '../json-parameter.ts'

const MAX_PER_PAGE = 100
const BATCH_BODY_LIMIT = 16 * 1024 * 1024
/** a long text of 1 MiB, each of its characters escaped, and some room for the other fields */
const RECORD_BODY_LIMIT = 8 * 1024 * 1024

/** Records: query, read, create, change, delete. Source: SPEC.md, section 12 */
export function recordRoutes(api: Api, services: Services): void {
  const { pool } = services

  const present = async (workspaceId: string, row: RecordRow): Promise<RecordAnswer> => {
    const known = (await recentCatalogue(pool, workspaceId)).objects.get(row.object)
    return presentRecord(row, known ?? objectOf(await readCatalogue(pool, workspaceId), row.object))
  }

  api.handle(queryRecordsRoute, async ({ query, principal }) => {
    const { workspaceId } = principal
    const { page = 1, per_page = 25 } = query
    if (per_page > MAX_PER_PAGE)
      throw new ApiError('BAD_REQUEST', `per_page is ${per_page}; it may be ${MAX_PER_PAGE} at most.`, {
        errors: [{ path: '/per_page', message: `${MAX_PER_PAGE} at most` }],
      })
    const object = objectOf(await readCatalogue(pool, workspaceId), query.object_id)
    const filters = readJsonParameter(query.filters, 'filters')
    const { sort, order, q: search } = query
    const found = await queryPage(pool, workspaceId, object, { filters, search, sort, order, page, perPage: per_page })
    return {
      data: found.rows.map((row) => presentRecord(row, object)),
      pagination: {
        total: found.total,
        page,
        per_page,
        total_pages: Math.ceil(found.total / per_page),
        ...(found.capped ? { total_capped: true as const } : {}),
      },
    }
  })

  api.handle(getRecordRoute, async ({ params, principal }) => {
    const row = await readRecord(pool, principal.workspaceId, params.id)
    if (row === null) throw new ApiError('NOT_FOUND', 'There is no such record.')
    return presentRecord(row, objectOf(await readCatalogue(pool, principal.workspaceId), row.object))
  })

  api.handle(
    createRecordRoute,
    async ({ body, principal, context }) => {
      const { workspaceId } = principal
      const { object_id, field_values } = body
      const cause = await causeOf(services, principal, context)
      // an intake key must not read what it wrote
      const answer = async (row: RecordRow) =>
        principal.keyType === 'intake' ? { id: publicId('record', row.id) } : present(workspaceId, row)
      if (context.header('idempotency-key') === null)
        return answer(await createRecord(services, workspaceId, object_id, field_values, cause))
      const [row] = await createRecords(
        services,
        workspaceId,
        object_id,
        [field_values],
        cause,
        () => '/field_values',
        async (client, [created]) => context.remember(client, 201, await answer(created!)),
      )
      return answer(row!)
    },
    { bodyLimit: RECORD_BODY_LIMIT },
  )

  api.handle(
    createRecordsRoute,
    async ({ body, principal, context }) => {
      const { workspaceId } = principal
      const object = objectOf(await readCatalogue(pool, workspaceId), body.object_id)
      const given = body.records.map((entry) => valuesOf(entry, object))
      const cause: Cause = { ...(await causeOf(services, principal, context)), lane: 2 }
      const answer = (rows: readonly RecordRow[]) => ({ data: rows.map((row) => presentRecord(row, object)) })
      const rows = await createRecords(
        services,
        workspaceId,
        object.slug,
        given.map(({ values }) => values),
        cause,
        (index) => `/records/${index}${given[index]!.at}`,
        (client, created) => context.remember(client, 201, answer(created)),
      )
      return answer(rows)
    },
    { bodyLimit: BATCH_BODY_LIMIT },
  )

  api.handle(
    updateRecordRoute,
    async ({ params, body, principal, context }) => {
      const id = recordUuid(params.id)
      const cause = await causeOf(services, principal, context)
      return present(
        principal.workspaceId,
        await updateRecord(services, principal.workspaceId, id, body.field_values, cause),
      )
    },
    { bodyLimit: RECORD_BODY_LIMIT },
  )

  api.handle(deleteRecordRoute, async ({ params, principal, context }) => {
    await deleteRecord(
      services,
      principal.workspaceId,
      recordUuid(params.id),
      await causeOf(services, principal, context),
    )
    return undefined
  })
}

/** Why a request writes. One that a webhook step of ours made, by its signed header, goes on with that run's chain. */
async function causeOf(services: Services, principal: Principal, context: RequestContext): Promise<Cause> {
  const cause: Cause = { actor: principal.actor, source: context.source, lane: 1, chain: null }
  const header = context.header(CHAIN_HEADER)
  if (header === null) return cause
  const { workspaceId } = principal
  const call = await chainOfCall(services.pool, workspaceId, header, services.chainKey(workspaceId))
  return { ...cause, chain: call?.chain ?? null }
}

function recordUuid(id: string): string {
  const uuid = uuidOf('record', id)
  if (uuid === null) throw new ApiError('NOT_FOUND', 'There is no such record.')
  return uuid
}

/** An entry of a batch is the values, or a record-like `{field_values}`. */
function valuesOf(entry: FieldValues, object: ObjectDefinition): { values: FieldValues; at: string } {
  const inner = entry.field_values
  const wrapped =
    Object.keys(entry).length === 1 && typeof inner === 'object' && inner !== null && !Array.isArray(inner)
  if (!wrapped || object.fields.some(({ slug }) => slug === 'field_values')) return { values: entry, at: '' }
  return { values: inner as FieldValues, at: '/field_values' }
}
