import { randomInt, randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Client, Pool } from '../db/pool.ts'
import { failpoint, testTime } from '../failpoints.ts'
import { bury } from './bury.ts'
import { isProcessGone, PROCESS_NAME } from './process-name.ts'

export const WAKE_CHANNEL = 'kantos_wake'
/** a worker that hasn't beaten for this long is silent: its leases become due */
const SILENT_AFTER = `${testTime('silentMs', 15_000)} milliseconds`

/**
 * Whether it has shown no sign of life for too long, counted from when it could.
 *
 * @param cutAt the parameter that says when living workers were last cut off (`Presence.cutAt`)
 */
const isSilent = (cutAt: string) =>
  `greatest(beat_at, ${cutAt}::timestamptz) < clock_timestamp() - interval '${SILENT_AFTER}'`

/** Whether a free lock says that it is dead: who was cut off has lost his alive, and has time to come back until he is silent. */
const isBack = (cutAt: string) => `(beat_at >= ${cutAt}::timestamptz or ${isSilent(cutAt)})`

/**
 * When this life of PostgreSQL began, and with it no lock was held. A postmaster whose backend was killed begins anew without being
 * started again; it throws the statistics away then, and says since when it counts. Both may be read by a plain role.
 */
const POSTGRES_BEGAN = 'greatest(pg_postmaster_start_time(), pg_stat_get_bgwriter_stat_reset_time())'

/** The workers of this process. */
const OWN = new Set<string>()

/** A worker as the others see it. */
interface Other {
  id: string
  name: string
  lock_key: number
  /** whether it has been here since all were cut off, or has had the time */
  back: boolean
}

const HAS_LEFT = 'This worker has left.'

/** Another worker's row names what we have just claimed, and nobody holds its lock: it died with them in hand. */
export class DeadWorkerFound extends Error {
  readonly workerIds: readonly string[]

  constructor(workerIds: readonly string[]) {
    super('A dead worker had claimed these rows.')
    this.workerIds = workerIds
  }
}

/**
 * A worker's presence: its row in `workers`, and a session advisory lock on a connection of its own. The lock is free the
 * moment the process is gone, so a dead worker is known at once, without waiting for beats; a frozen one holds its lock
 * and is told by its missing beats.
 *
 * What a batch has claimed is written here before it runs, with `synchronous_commit = off`: a claim that is rolled back
 * can't count its own tries. Source: DESIGN.md, sections 7 and 8
 */
export class Presence {
  readonly id = randomUUID()
  private readonly lockKey = randomInt(2 ** 47)
  private readonly pool: Pool
  private readonly log: Logger
  private readonly onWake: () => void
  private client: Client | null = null
  /**
   * When living workers may last have been cut off, the database's words: when PostgreSQL began, or when our own connection was
   * back after it had broken, since what broke it may have broken theirs
   */
  private cutAt = '-infinity'
  private hasJoined = false
  private hasLeft = false
  private others = true
  private writing: Promise<unknown> = Promise.resolve()
  /** what each of this process's relays has in hand */
  private readonly inHand = new Map<object, { seqs: readonly number[]; runIds: readonly string[] }>()

  constructor(pool: Pool, log: Logger, onWake: () => void) {
    this.pool = pool
    this.log = log
    this.onWake = onWake
    OWN.add(this.id)
  }

  /** Connects, takes the lock and appears in `workers`. */
  async join(): Promise<void> {
    const client = await this.pool.connect()
    let broken = null as Error | null
    client.on('error', (error) => {
      broken = error
      if (this.client !== client) return
      this.log.warn({ error: error.message }, 'the connection that shows this worker is alive broke')
      this.drop(error)
      // the shorter its lock is free, the fewer take it for dead
      this.use(async () => {}).catch(() => {})
    })
    client.on('notification', () => this.onWake())
    try {
      await client.query(`set synchronous_commit = off; set statement_timeout = '10s'; listen ${WAKE_CHANNEL}`)
      await client.query('select pg_advisory_lock($1)', [this.lockKey])
      const { rows } = await client.query<{ cut_at: string }>(
        `insert into workers (id, name, lock_key) values ($1, $2, $3)
         on conflict (id) do update set beat_at = now(), lock_key = excluded.lock_key
         returning greatest(${POSTGRES_BEGAN}, case when $4 then beat_at end)::text as cut_at`,
        [this.id, PROCESS_NAME, this.lockKey, this.hasJoined],
      )
      this.cutAt = rows[0]!.cut_at
      this.hasJoined = true
      if (broken !== null) throw broken
      if (this.hasLeft) throw new Error(HAS_LEFT)
      this.client = client
    } catch (error) {
      client.release(error as Error)
      throw error
    }
  }

  /** Whether the connection stands. */
  get present(): boolean {
    return this.client !== null
  }

  private drop(error?: Error): void {
    const client = this.client
    this.client = null
    client?.release(error ?? true)
  }

  /** One statement after another on the one connection. */
  private async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const turn = this.writing.then(async () => {
      if (this.client === null) {
        if (this.hasLeft) throw new Error(HAS_LEFT)
        await this.join()
      }
      return work(this.client!)
    })
    this.writing = turn.catch(() => {})
    return turn
  }

  /**
   * Writes down what a batch is about to run.
   *
   * @param relay whose batch it is
   * @throws DeadWorkerFound when a dead worker's row names any of it: the batch must `bury` that one, and begin anew
   */
  async claimed(relay: object, seqs: readonly number[], runIds: readonly string[]): Promise<void> {
    this.inHand.set(relay, { seqs, runIds })
    const suspects = await this.use(async (client) => {
      const all = [...this.inHand.values()]
      const { rows } = await client.query<Other>({
        name: 'worker-claimed',
        text: `with mine as (update workers set claimed_seqs = $2, claimed_runs = $3 where id = $1)
          select id, name, lock_key, ${isBack('$7')} as back from workers
          where $6 and id <> $1 and (claimed_seqs && $4::bigint[] or claimed_runs && $5::uuid[])`,
        values: [
          this.id,
          all.flatMap((hand) => hand.seqs),
          all.flatMap((hand) => hand.runIds),
          seqs,
          runIds,
          this.others,
          this.cutAt,
        ],
      })
      const dead: string[] = []
      for (const row of rows) if (await isDead(client, row)) dead.push(row.id)
      return dead
    })
    if (suspects.length > 0) throw new DeadWorkerFound(suspects)
  }

  /** Beats, takes leave of the dead, and hands on what silent workers hold. Returns whether there was anything. */
  async beat(): Promise<boolean> {
    failpoint('beat')
    return this.use(async (client) => {
      const { rows } = await client.query<Other & { silent: boolean }>({
        name: 'worker-beat',
        text: `with mine as (update workers set beat_at = clock_timestamp() where id = $1)
          select id, name, lock_key, ${isSilent('$2')} as silent, ${isBack('$2')} as back from workers where id <> $1`,
        values: [this.id, this.cutAt],
      })
      this.others = rows.length > 0
      let found = false
      for (const row of rows) {
        if (await isDead(client, row)) {
          await inTransaction(client, () => bury(client, row.id))
          found = true
        } else if (row.silent) {
          const { rowCount } = await client.query({
            name: 'leases-of-silent',
            // what is locked is in somebody's hands already, and we never wait: a batch of ours waits for this connection
            text: `
              with r as materialized (
                select workspace_id, id from runs_live where lease_by = $1 and due_at > clock_timestamp()
                for update skip locked
              )
              update runs_live l set due_at = clock_timestamp() from r where l.workspace_id = r.workspace_id and l.id = r.id`,
            values: [row.id],
          })
          found ||= (rowCount ?? 0) > 0
        }
      }
      return found
    })
  }

  /** Tells the other processes that there is work; after a commit, never inside one. */
  async notify(): Promise<void> {
    if (this.others) await this.use((client) => client.query(`notify ${WAKE_CHANNEL}`))
  }

  /** Disappears in good order. */
  async leave(): Promise<void> {
    this.hasLeft = true
    if (this.client === null) return
    await this.use(async (client) => {
      // what it leaves behind unfinished, such as a receiver that hangs, goes on elsewhere at once
      await client.query(`update workers set claimed_seqs = '{}', claimed_runs = '{}' where id = $1`, [this.id])
      await inTransaction(client, () => bury(client, this.id))
      await client.query('select pg_advisory_unlock_all()')
      await client.query('unlisten *')
    }).catch(() => {})
    this.drop()
  }
}

/** Whether a worker is dead: its lock is free, and not because all were cut off. */
async function isDead(client: Client, { id, name, lock_key: lockKey, back }: Other): Promise<boolean> {
  if (!back && (OWN.has(id) || !isProcessGone(name))) return false
  const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [lockKey])
  if (!rows[0]!.free) return false
  await client.query('select pg_advisory_unlock($1)', [lockKey])
  return true
}

/** Several statements that belong together, on the connection that is ours alone. */
async function inTransaction(client: Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}
