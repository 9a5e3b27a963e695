import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { readPostmaster } from '../../src/db/embedded/postmaster.ts'
import { FAILPOINTS, type Failpoint, type FailpointAction } from '../../src/failpoints.ts'
import type { Fleet, Slot } from './fleet.ts'
import type { Installation } from './installation.ts'
import type { Random } from './random.ts'
import { repeat, type Repeated } from './repeat.ts'

export const KINDS = ['worker-kill', 'api-kill', 'postgres', 'lost-commit', 'connection', 'freeze', 'throw'] as const
export type Kind = (typeof KINDS)[number]

/** A fault that happened. */
export interface Happened {
  kind: Kind
  /** e.g. `kill at settle` */
  what: string
  /** epoch ms */
  at: number
  /** whose process it befell, where it was one */
  pid?: number
}

export interface FaultContext {
  installation: Installation
  fleet: Fleet
  random: Random
  /** how long a process is frozen */
  freezeMs: number
  /** requests that were served so far */
  answered(): number
  happened: Happened[]
}

const FIRES_WITHIN_MS = 12_000
const ENDS_WITHIN_MS = 15_000
const LOST_WITHIN_MS = 5_000
const HARMS = (['delay', 'cut', 'reset'] as const).flatMap((kind) =>
  (['sent', 'answered'] as const).flatMap((way) =>
    (['kantos worker', 'kantos api'] as const).map((application) => ({ kind, way, application })),
  ),
)
const API_POINT = 'api_after_commit_before_answer'
const WORKER_POINTS = FAILPOINTS.filter((point) => point !== API_POINT)
/** a process that stops has nobody to throw at, and is soon gone */
const PASSING_POINTS = WORKER_POINTS.filter((point) => point !== 'shutdown')

/** Makes the `n`th fault of a kind happen. Comes back when the processes it harmed run again. */
export const FAULTS: Record<Kind, (context: FaultContext, n: number) => Promise<void>> = {
  'worker-kill': async (context, n) => {
    const slot = await context.fleet.take('worker')
    try {
      // at each of the points once, then at one of them every other time; the rest at any moment
      const named = n < WORKER_POINTS.length ? n : n % 2 === 0 ? n / 2 : null
      if (named !== null) await killAt(context, slot, WORKER_POINTS[named % WORKER_POINTS.length]!, 'worker-kill')
      else {
        await delay(context.random.between(0, 300))
        await kill(context, slot, 'kill -9', 'worker-kill')
      }
    } finally {
      await context.fleet.release(slot)
    }
  },
  'api-kill': async (context, n) => {
    const slot = await context.fleet.take('api')
    try {
      if (n % 2 === 0) await killAt(context, slot, API_POINT, 'api-kill')
      else await kill(context, slot, 'kill -9', 'api-kill')
    } finally {
      await context.fleet.release(slot)
    }
  },
  postgres: async (context, n) => {
    const { installation } = context
    const what = (['stopped at once', 'a backend killed -9', 'a backend terminated'] as const)[n % 3]!
    if (what === 'stopped at once') {
      const postmaster = await readPostmaster(join(installation.folder, 'pg18'))
      if (postmaster === null) return
      process.kill(postmaster.pid, 'SIGQUIT')
    } else {
      const pid = await backend(context)
      if (pid === null) return
      if (what === 'a backend terminated') await installation.db.query('select pg_terminate_backend($1)', [pid])
      else process.kill(pid, 'SIGKILL')
    }
    context.happened.push({ kind: 'postgres', what, at: Date.now() })
  },
  'lost-commit': async (context, n) => {
    const { losing } = context.installation
    const application = n % 3 === 0 ? 'kantos api' : 'kantos worker'
    const before = losing.lost
    Object.assign(losing, { wanted: 1, application })
    for (const end = Date.now() + LOST_WITHIN_MS; losing.lost === before && Date.now() < end; ) await delay(10)
    losing.wanted = 0
    if (losing.lost > before) context.happened.push({ kind: 'lost-commit', what: `of ${application}`, at: Date.now() })
  },
  connection: async (context, n) => {
    const { harming } = context.installation
    const wanted = HARMS[n % HARMS.length]!
    const before = harming.done
    harming.wanted = wanted
    for (const end = Date.now() + LOST_WITHIN_MS; harming.done === before && Date.now() < end; ) await delay(10)
    harming.wanted = null
    if (harming.done > before)
      context.happened.push({
        kind: 'connection',
        what: `${wanted.kind} of what was ${wanted.way}`,
        at: Date.now(),
      })
  },
  freeze: async (context, n) => {
    const slot = await context.fleet.take('worker')
    try {
      const point = PASSING_POINTS[Math.floor(n / 2) % PASSING_POINTS.length]!
      if (n % 2 === 0 || !(await fire(context, slot, point, 'stop', 'freeze'))) {
        if (!slot.member.signal('SIGSTOP')) return
        context.happened.push({ kind: 'freeze', what: 'SIGSTOP', at: Date.now(), pid: slot.member.child.pid })
      }
      await delay(context.freezeMs)
      slot.member.signal('SIGCONT')
    } finally {
      await context.fleet.release(slot)
    }
  },
  throw: async (context, n) => {
    const points = [...PASSING_POINTS, API_POINT] as const
    const point = points[n % points.length]!
    const slot = await context.fleet.take(point === API_POINT ? 'api' : 'worker')
    try {
      await fire(context, slot, point, 'throw', 'throw')
    } finally {
      await context.fleet.release(slot)
    }
  },
}

async function kill({ happened }: FaultContext, slot: Slot, what: string, kind: Kind): Promise<void> {
  if (!slot.member.signal('SIGKILL')) return
  happened.push({ kind, what, at: Date.now(), pid: slot.member.child.pid })
  await slot.member.exited
}

/**
 * Kills a process at a point, however often that takes within `ms`. Where only a death leads by that point, others die until it was passed:
 * the other faults may be over.
 *
 * @returns whether it came about
 */
export async function provoke(context: FaultContext, point: Failpoint, ms: number): Promise<boolean> {
  const kind: Kind = point === API_POINT ? 'api-kill' : 'worker-kill'
  for (const end = Date.now() + ms; Date.now() < end; ) {
    const slot = await context.fleet.take(kind === 'api-kill' ? 'api' : 'worker')
    const dying = point === 'sweep' ? keepKilling(context) : null
    try {
      if (await fire(context, slot, point, 'kill', kind)) {
        await slot.member.exited
        return true
      }
    } finally {
      await dying?.stop()
      await context.fleet.release(slot)
    }
  }
  return false
}

/** Kills one worker after another, among those that nobody harms. */
function keepKilling(context: FaultContext): Repeated {
  return repeat(async () => {
    const slot = await context.fleet.take('worker')
    try {
      await kill(context, slot, 'kill -9', 'worker-kill')
    } finally {
      await context.fleet.release(slot)
    }
  })
}

/** Lets a process kill itself where it is about to pass; one that doesn't come by is killed where it is. */
async function killAt(context: FaultContext, slot: Slot, point: Failpoint, kind: Kind): Promise<void> {
  if (await fire(context, slot, point, 'kill', kind)) await slot.member.exited
  else await kill(context, slot, 'kill -9', kind)
}

/** @returns whether it fired */
async function fire(
  { installation, happened }: FaultContext,
  slot: Slot,
  failpoint: Failpoint,
  action: FailpointAction,
  kind: Kind,
): Promise<boolean> {
  const { member } = slot
  const line = `${failpoint} ${action} ${member.child.pid}`
  const count = async () => (await installation.fired()).filter((fired) => fired === line).length
  const before = await count()
  if (!member.arm({ failpoint, action })) return false
  if (failpoint === 'shutdown') member.signal('SIGTERM')
  const within = failpoint === 'shutdown' ? ENDS_WITHIN_MS : FIRES_WITHIN_MS
  for (const end = Date.now() + within; Date.now() < end && member.alive(); await delay(25))
    if ((await count()) > before) break
  if ((await count()) === before) {
    member.disarm(failpoint)
    return false
  }
  happened.push({ kind, what: `${action} at ${failpoint}`, at: Date.now(), pid: member.child.pid })
  return true
}

async function backend({ installation, random }: FaultContext): Promise<number | null> {
  const { rows } = await installation.db
    .query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name in ('kantos api', 'kantos worker')`,
    )
    .catch(() => ({ rows: [] as { pid: number }[] }))
  return rows.length === 0 ? null : random.pick(rows).pid
}
