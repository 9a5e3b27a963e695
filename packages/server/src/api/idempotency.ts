import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiError } from '@kantos/model'
import { testTime } from '../failpoints.ts'
import { type Pool, query, type Queryable } from '../db/pool.ts'
import type { Sealer } from '../secrets/seal.ts'
import type { Remember } from './context.ts'

/** What is kept of an answer. */
export interface KeptAnswer {
  status: number
  /** JSON text; null for a 204 */
  body: string | null
}

/** A call that holds its Idempotency-Key. */
export interface Held {
  kind: 'held'
  remember: Remember
  /** keeps the answer for repeats */
  keep(answer: KeptAnswer): Promise<void>
  /** frees the key, after a failure that a repeat may mend */
  release(): Promise<void>
}
export type Claim = Held | { kind: 'answered'; answer: KeptAnswer }

const LONGEST_KEY = 255
/** A call that neither answered nor failed in this time died with its process. */
const DEAD_AFTER = `${testTime('keyDeadMs', 60_000)} milliseconds`
const PATIENCE_MS = 30_000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 250

interface Row {
  request_hash: Buffer
  status: number | null
  body: string | null
}

/**
 * Takes an Idempotency-Key for one call, or finds the answer that was given under it.
 *
 * Of parallel calls one holds the key, because the table's primary key lets one insert through; the others wait for its
 * answer, at most 30 s. A key whose holder died is taken over after a minute; what it had done in the transaction in
 * which it called `remember` is then found as the answer.
 *
 * Answers are sealed: some hold a new API key or a link, which stand nowhere else in the clear.
 *
 * @param caller the public id of the user or API key: keys of two callers never meet
 * @param request method, URL and body: a repeat must be the same
 * @throws ApiError BAD_REQUEST for a key that is too long, CONFLICT when it was used for another request, or when the first
 *   call still isn't done
 * Source: SPEC-DETAILS.md, section 12
 */
export async function claimKey(
  { pool, sealer }: { pool: Pool; sealer: Sealer },
  workspaceId: string,
  caller: string,
  given: string,
  request: readonly string[],
): Promise<Claim> {
  if (given.length > LONGEST_KEY || given === '')
    throw new ApiError('BAD_REQUEST', `An Idempotency-Key has 1 to ${LONGEST_KEY} characters.`)
  const key = `${caller}:${given}`
  const hash = createHash('sha256').update(JSON.stringify(request)).digest()
  const deadline = performance.now() + PATIENCE_MS
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const heldSince = await insertOrTakeOver(pool, workspaceId, key, hash)
    if (heldSince !== null) return held(pool, sealer, workspaceId, key, heldSince)
    const { rows } = await query<Row>(pool, {
      name: 'idempotency-read',
      text: `select request_hash, status, body from idempotency_keys where workspace_id = $1 and key = $2`,
      values: [workspaceId, key],
    })
    const [row] = rows
    if (row !== undefined) {
      if (!row.request_hash.equals(hash))
        throw new ApiError('CONFLICT', 'This Idempotency-Key was used for another request. Take a new one.')
      if (row.status !== null) {
        const body =
          row.body === null ? null : sealer.open(Buffer.from(row.body, 'base64'), { workspaceId, rowId: key })
        return { kind: 'answered', answer: { status: row.status, body } }
      }
    }
    if (performance.now() > deadline)
      throw new ApiError('CONFLICT', 'The first call with this Idempotency-Key is still under way. Repeat it later.')
    await delay(pause)
  }
}

/** @returns the moment from which this call holds the key, exact text, or null when another has it */
async function insertOrTakeOver(pool: Pool, workspaceId: string, key: string, hash: Buffer): Promise<string | null> {
  const { rows } = await query<{ since: string }>(pool, {
    name: 'idempotency-claim',
    text: `insert into idempotency_keys as k (workspace_id, key, request_hash) values ($1, $2, $3)
      on conflict (workspace_id, key) do update set at = clock_timestamp()
        where k.status is null and k.request_hash = $3 and k.at < now() - interval '${DEAD_AFTER}'
      returning at::text as since`,
    values: [workspaceId, key, hash],
  })
  return rows[0]?.since ?? null
}

function held(pool: Pool, sealer: Sealer, workspaceId: string, key: string, since: string): Held {
  const write = async (db: Queryable, status: number, body: string | null) => {
    const sealed = body === null ? null : sealer.seal(body, { workspaceId, rowId: key }).toString('base64')
    const { rowCount } = await query(db, {
      name: 'idempotency-keep',
      text: `update idempotency_keys set status = $4, body = $5
        where workspace_id = $1 and key = $2 and at = $3::timestamptz and status is null`,
      values: [workspaceId, key, since, status, sealed],
    })
    return rowCount === 1
  }
  return {
    kind: 'held',
    remember: async (db, status, body) => {
      // in the caller's transaction this undoes the work: a later call holds the key
      if (!(await write(db, status, body === undefined ? null : JSON.stringify(body))))
        throw new ApiError('CONFLICT', 'A later call with this Idempotency-Key took over.')
    },
    keep: async ({ status, body }) => {
      await write(pool, status, body)
    },
    release: async () => {
      await query(pool, {
        text: `delete from idempotency_keys where workspace_id = $1 and key = $2 and at = $3::timestamptz and status is null`,
        values: [workspaceId, key, since],
      })
    },
  }
}
