import { createHash } from 'node:crypto'
import type { RunErrorCode, WebhookInput } from '@kantos/model'
import { type EffectContext, EffectFailure } from '../actions/outcome.ts'
import { performSendEmail } from '../actions/send-email.ts'
import { deliveryIdOf, performWebhook } from '../actions/webhook.ts'
import { signingSecrets } from '../accounts/signing-secret.ts'
import type { EffectCommand, EffectRoom } from '../runs/batch.ts'
import type { LiveRun } from '../runs/live-run.ts'
import type { EffectOutcome } from '../runs/settle.ts'
import { failpoint } from '../failpoints.ts'
import { openSecrets } from '../secrets/store.ts'
import type { Services } from '../services.ts'
import { refusalOf } from './refusal.ts'

const SLOTS_PER_HOST = 20
const QUEUE_PER_HOST = 200
/** a lease is 40 s and an effect at most 30 s, so what has queued longer than this is given back */
const LONGEST_QUEUE_MS = 5_000
/** a full house makes room by giving back what has queued longer than this for a receiver whose slots are all taken */
const STALE_QUEUE_MS = 1_000
const TIMEOUTS_TO_HOLD = 5
const HOLD_MS = 30_000
/** how long a workspace's signing secrets are kept at hand */
const SECRETS_MS = 1_000

interface Waiting {
  run: LiveRun
  rev: number
  host: string
  since: number
}

export interface PerformerOptions {
  /** whether a workspace is on hold: what queued for its turn is given back then */
  isHeld?: (workspaceId: string) => boolean
  /** an effect was performed, or given back */
  onEffect?: (kind: string, outcome: 'succeeded' | 'failed' | 'released', durationMs: number) => void
}

interface Host {
  active: number
  reserved: number
  queue: Waiting[]
  /** when a slot was last taken or freed */
  movedAt: number
  timeouts: number
  heldUntil: number
}

/**
 * Performs effects outside any transaction, at most so many at once, so many for one receiver, and hands their outcomes
 * back. What has no room here isn't taken: it stays in the database for whoever has.
 *
 * A receiver that let five requests in a row time out is left alone for 30 s, so that it doesn't eat the others' slots.
 * Source: DESIGN.md, section 8
 */
export class Performer implements EffectRoom {
  private readonly services: Services
  private readonly settle: (outcome: EffectOutcome) => void
  private readonly options: PerformerOptions
  private readonly hosts = new Map<string, Host>()
  private readonly signing = new Map<string, { at: number; secrets: Promise<readonly string[]> }>()
  private active = 0
  private reserved = 0
  private stopping = false

  constructor(services: Services, settle: (outcome: EffectOutcome) => void, options: PerformerOptions = {}) {
    this.services = services
    this.settle = settle
    this.options = options
  }

  /** Effects under way or waiting for their slot. */
  get load(): number {
    return this.active + this.reserved
  }

  reserve(run: LiveRun): { ok: true } | { ok: false; afterMs: number } {
    if (this.stopping) return { ok: false, afterMs: 1_000 }
    const host = this.host(hostOf(run))
    const now = performance.now()
    if (host.heldUntil > now) return { ok: false, afterMs: host.heldUntil - now + Math.random() * 1_000 }
    // it has answered nobody for a while: what queued for it would only take the others' room
    const stuck = host.active >= SLOTS_PER_HOST && now - host.movedAt > LONGEST_QUEUE_MS
    if (stuck || host.active + host.reserved >= SLOTS_PER_HOST + QUEUE_PER_HOST)
      return { ok: false, afterMs: 2_000 + Math.random() * 2_000 }
    if (this.load >= this.services.config.workerConcurrency * 2) {
      this.giveBackStale(now)
      if (this.load >= this.services.config.workerConcurrency * 2)
        return { ok: false, afterMs: 250 + Math.random() * 250 }
    }
    host.reserved += 1
    this.reserved += 1
    return { ok: true }
  }

  refuses(command: EffectCommand): string | null {
    return refusalOf(this.services.egress, command)
  }

  /** Gives a reserved place back: its transaction was rolled back. */
  release(run: LiveRun): void {
    this.host(hostOf(run)).reserved -= 1
    this.reserved -= 1
  }

  /** Performs a leased effect; its transaction is committed. */
  start(run: LiveRun): void {
    const name = hostOf(run)
    this.host(name).queue.push({ run, rev: run.rev!, host: name, since: performance.now() })
    this.next(name)
  }

  /** Takes nothing more and waits for what is under way, at most `ms`. */
  async stop(ms: number): Promise<void> {
    this.stopping = true
    for (const host of this.hosts.values()) for (const waiting of host.queue.splice(0)) this.giveBack(waiting)
    const until = performance.now() + ms
    while (this.active > 0 && performance.now() < until) await this.services.clock.sleep(20)
  }

  private host(name: string): Host {
    let host = this.hosts.get(name)
    if (host === undefined) {
      if (this.hosts.size > 1_000) this.forgetIdle()
      host = { active: 0, reserved: 0, queue: [], movedAt: performance.now(), timeouts: 0, heldUntil: 0 }
      this.hosts.set(name, host)
    }
    return host
  }

  private forgetIdle(): void {
    for (const [name, host] of this.hosts)
      if (host.active + host.reserved + host.queue.length === 0 && host.heldUntil < performance.now())
        this.hosts.delete(name)
  }

  private next(name: string): void {
    const host = this.host(name)
    while (
      host.queue.length > 0 &&
      host.active < SLOTS_PER_HOST &&
      this.active < this.services.config.workerConcurrency
    ) {
      const waiting = host.queue.shift()!
      if (
        performance.now() - waiting.since > LONGEST_QUEUE_MS ||
        this.options.isHeld?.(waiting.run.workspaceId) === true
      ) {
        this.giveBack(waiting)
        continue
      }
      host.reserved -= 1
      this.reserved -= 1
      host.active += 1
      host.movedAt = performance.now()
      this.active += 1
      void this.perform(waiting).finally(() => {
        host.active -= 1
        host.movedAt = performance.now()
        this.active -= 1
        this.next(name)
        if (this.active === this.services.config.workerConcurrency - 1)
          for (const other of this.hosts.keys()) if (other !== name) this.next(other)
      })
    }
  }

  private giveBackStale(now: number): void {
    for (const host of this.hosts.values()) {
      if (host.active < SLOTS_PER_HOST || now - host.movedAt < STALE_QUEUE_MS) continue
      for (const waiting of host.queue.splice(0)) this.giveBack(waiting)
    }
  }

  private giveBack({ run, rev, host }: Waiting): void {
    this.host(host).reserved -= 1
    this.reserved -= 1
    const at = new Date(this.services.time.now()).toISOString()
    this.settle({
      workspaceId: run.workspaceId,
      runId: run.id,
      rev,
      attempt: { attempt: 0, started_at: at, finished_at: at },
      result: { kind: 'released' },
    })
  }

  private async perform({ run, rev, host: name, since }: Waiting): Promise<void> {
    const { time } = this.services
    const host = this.host(name)
    const startedAt = time.now()
    const command = run.open!.command
    const outcome: EffectOutcome = {
      workspaceId: run.workspaceId,
      runId: run.id,
      rev,
      attempt: { attempt: 0, started_at: new Date(startedAt).toISOString(), finished_at: '' },
      result: { kind: 'released' },
    }
    if (command.kind !== 'effect') throw new Error('Only effects are performed.')
    let begun = false
    if (!command.atMostOnce || performance.now() - since <= LONGEST_QUEUE_MS) {
      try {
        failpoint('before_effect')
        const context = this.contextOf(run)
        begun = true
        const output =
          command.effect === 'webhook'
            ? await performWebhook(this.services.egress, command, context)
            : await performSendEmail(
                { mailer: this.services.mailer, pool: this.services.pool, from: this.services.config.mailFrom },
                command,
                context,
              )
        failpoint('after_effect_before_settle')
        host.timeouts = 0
        outcome.result = { kind: 'done', output }
        outcome.attempt.output = attemptOutput(output)
      } catch (error) {
        outcome.result = failureOf(error, command.atMostOnce && begun)
        outcome.attempt.error = outcome.result.error
        if (outcome.result.output !== undefined) outcome.attempt.output = attemptOutput(outcome.result.output)
        host.timeouts = outcome.result.error.code === 'TIMEOUT' ? host.timeouts + 1 : 0
        if (host.timeouts >= TIMEOUTS_TO_HOLD) {
          host.timeouts = 0
          host.heldUntil = performance.now() + HOLD_MS
        }
      }
    }
    const finishedAt = time.now()
    outcome.attempt.finished_at = new Date(finishedAt).toISOString()
    const { kind } = outcome.result
    const how = kind === 'done' ? 'succeeded' : kind === 'failed' ? 'failed' : 'released'
    this.options.onEffect?.(command.effect, how, Math.max(0, finishedAt - startedAt))
    this.settle(outcome)
  }

  private contextOf(run: LiveRun): EffectContext {
    const { pool, sealer } = this.services
    return {
      workspaceId: run.workspaceId,
      runId: run.id,
      now: () => this.services.time.now(),
      deliveryId: deliveryIdOf(run.id, placeOf(run)),
      chain: { id: run.chain.id, depth: run.chain.depth },
      chainKey: this.services.chainKey(run.workspaceId),
      secrets: (names) => openSecrets(pool, sealer, run.workspaceId, names),
      signingSecrets: () => this.signingSecrets(run.workspaceId),
    }
  }

  private signingSecrets(workspaceId: string): Promise<readonly string[]> {
    const known = this.signing.get(workspaceId)
    if (known !== undefined && performance.now() - known.at < SECRETS_MS) return known.secrets
    const secrets = signingSecrets(this.services.pool, this.services.sealer, workspaceId).then((rows) =>
      rows.map(({ secret }) => secret),
    )
    this.signing.set(workspaceId, { at: performance.now(), secrets })
    secrets.catch(() => this.signing.delete(workspaceId))
    return secrets
  }
}

/** What an attempt shows of the answer: its status; the whole answer is the step's output. */
function attemptOutput(output: unknown): unknown {
  const status = (output as { status?: unknown } | null)?.status
  return typeof status === 'number' ? { status } : undefined
}

/** @param doubtful it may have been done, and must not be done twice: an error that says nothing about that leaves it unknown */
function failureOf(error: unknown, doubtful: boolean): Extract<EffectOutcome['result'], { kind: 'failed' }> {
  if (error instanceof EffectFailure) {
    const { code, message, permanent, transient, retryAfterMs, output } = error
    const kind = permanent || !transient ? 'permanent' : 'transient'
    return { kind: 'failed', error: { code, message, kind }, permanent, transient, retryAfterMs, output }
  }
  const words = error instanceof Error ? error.message : String(error)
  const code: RunErrorCode = doubtful ? 'DOUBTFUL' : 'INTERNAL'
  const message = doubtful ? `${words} Whether it was sent is unknown, and it must not be sent twice.` : words
  return {
    kind: 'failed',
    error: { code, message, kind: doubtful ? 'permanent' : 'transient' },
    permanent: doubtful,
    transient: !doubtful,
  }
}

/** Whose slots an effect takes: the receiver's host and port, or the mail server's. */
function hostOf(run: LiveRun): string {
  const command = run.open!.command
  if (command.kind !== 'effect' || command.effect !== 'webhook') return 'smtp'
  try {
    return new URL((command.input as WebhookInput).url).host
  } catch {
    return 'invalid'
  }
}

/** Where in its run a step stands, items of loops included; the same for all its attempts. */
function placeOf(run: LiveRun): string {
  const place = run.state.frames.map(({ list, at, loop }) => `${list}:${at}:${loop?.i ?? ''}`).join('|')
  return createHash('sha256').update(place).digest('hex').slice(0, 16)
}
