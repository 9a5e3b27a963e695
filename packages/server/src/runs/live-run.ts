import type {
  Attempt,
  ChainLink,
  Changes,
  Command,
  CompiledAutomation,
  CrmEvent,
  EventPayload,
  EventType,
  FieldValues,
  Lane,
  Run,
  RunState,
  RunStatus,
  RunTrigger,
  Source,
  Step,
} from '@kantos/model'

/** What of its event a run still needs later on; kept in the run, since events age and waits may be longer. */
export interface EventSnapshot {
  type: EventType
  at: string
  object: string | null
  source: Source
  actor: string | null
  changes: Changes | null
  after: FieldValues | null
  payload: EventPayload | null
}

/** A step that has begun and not ended: a wait, or an effect between its attempts. */
export interface OpenStep {
  command: Extract<Command, { kind: 'wait' | 'effect' }>
  startedAt: string
  attempts: Attempt[]
  /** when the attempt under way was leased, ISO */
  leasedAt?: string
  /** which of its worker's batches leased it */
  lease?: number
  /** of a wait for an event: the number of the last one before it began */
  afterSeq?: number
  /** what it stands still for as soon as the record, which somebody holds, can be watched */
  then?: { reason: WaitReason; dueAt: number | null }
}

/** Why a live run stands still. */
export type WaitReason = 'wait' | 'event' | 'retry' | 'effect' | 'turn' | 'queued' | 'held'

/** One condition rule in the stored log: [actual, passed, why?, expected?]; the rest is in the version. */
export type StoredRule = [actual: unknown, passed: 0 | 1, why?: string | null, expected?: unknown]

/** A run in the hands of a batch. Ids are UUIDs. */
export interface LiveRun {
  workspaceId: string
  id: string
  automationId: string
  version: number
  /** a dry run is never stored */
  mode: Run['mode']
  /** null: the version could not be compiled */
  compiled: CompiledAutomation | null
  event: EventSnapshot
  eventId: string | null
  recordId: string | null
  chain: { id: string; depth: number; path: readonly ChainLink[]; parentRunId: string | null }
  retryOf: string | null
  lane: Lane
  serialKey: string | null
  conditions: StoredRule[] | null
  /** a manual start or a replay: conditions are still to be judged */
  unjudged: boolean
  trigger: RunTrigger | null
  state: RunState
  steps: Step[]
  open: OpenStep | null
  stepChunks: number
  status: RunStatus
  error: Run['error']
  startedAt: string
  finishedAt: string | null
  /** the stored row's number, the fence; null: not stored yet */
  rev: number | null
  lost: number
  tries: number
  leaseBy: string | null
  cancelRequested: boolean
  waitReason: WaitReason | null
  /** it wants to know what happens to its record while it stands still */
  watches?: boolean
  /** epoch ms; null: it waits for its turn, or ended */
  dueAt: number | null
  /** how often it met a locked record since its last step */
  misses: number
}

export function snapshotOf(event: CrmEvent): EventSnapshot {
  return {
    type: event.type,
    at: event.at.toISOString(),
    object: event.object,
    source: event.source,
    actor: event.actor,
    changes: event.changes,
    after: event.after,
    payload: event.payload,
  }
}

/** What is stored in `runs.state`. */
export interface StoredState {
  run: RunState
  event: EventSnapshot
  open: OpenStep | null
  unjudged?: true
  /** absent: none */
  misses?: number
}
