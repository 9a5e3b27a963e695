import type { RunErrorCode } from '@kantos/model'

/** An effect's failure, with what the retry rules need to know. Anything else that is thrown is transient. */
export class EffectFailure extends Error {
  readonly code: RunErrorCode
  /** never again, whatever the action's rule */
  readonly permanent: boolean
  /** counts for `retry.on: "transient"` */
  readonly transient: boolean
  readonly retryAfterMs: number | undefined
  /** what the other side answered, for the log and later steps */
  readonly output: unknown

  constructor(
    code: RunErrorCode,
    message: string,
    options: { permanent?: boolean; transient?: boolean; retryAfterMs?: number; output?: unknown } = {},
  ) {
    super(message)
    this.code = code
    this.permanent = options.permanent ?? false
    this.transient = options.transient ?? false
    this.retryAfterMs = options.retryAfterMs
    this.output = options.output
  }
}

/** What an effect may know and use while it is performed. */
export interface EffectContext {
  workspaceId: string
  /** uuid */
  runId: string
  /** the database's time, epoch ms: a machine whose own clock is off signs all the same */
  now(): number
  /** the same for every attempt of this step */
  deliveryId: string
  chain: { id: string; depth: number }
  /** signs the chain header */
  chainKey: Buffer
  /** the values of secrets, by name; a missing one is absent */
  secrets(names: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** the workspace's signing secrets, the current one first */
  signingSecrets(): Promise<readonly string[]>
}
