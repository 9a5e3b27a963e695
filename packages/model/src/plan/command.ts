import type { EffectType } from '../actions/index.ts'
import type { FieldValues } from '../record.ts'
import type { Step, StepError } from '../run.ts'
import type { SecretSlot } from './compile-value.ts'
import type { Frame } from './state.ts'
import type { AwaitedEvent } from './wait.ts'

/** A step as it begins. */
export interface StepDraft {
  key: string
  type: Step['type']
  name?: string
  path: string
  index?: number
  input: unknown
  notes?: string[]
  /** its input was corrected by hand */
  edited?: Step['edited']
}

/** How a step ended. */
export interface StepOutcome {
  status: 'succeeded' | 'failed' | 'skipped' | 'not_sent' | 'cancelled'
  /** whole, for later steps */
  output: unknown
  /** what the log shows instead of `output` */
  logged?: unknown
  error?: StepError
}

export interface RetryRule {
  delaysSeconds: readonly number[]
  on: 'any' | 'transient'
}

/** What a run does next. The host carries it out and tells `settle` how it ended. */
export type Command =
  /** nothing is left to do */
  | { kind: 'end' }
  /** records to read before the command can be planned; ask again then */
  | { kind: 'need'; ids: string[] }
  /** decided already: a branch, a stop, a loop's begin, a step that can't be planned */
  | { kind: 'settled'; draft: StepDraft; outcome: StepOutcome; push?: Frame; stop?: boolean }
  | { kind: 'create'; draft: StepDraft; object: string; values: FieldValues }
  | { kind: 'update'; draft: StepDraft; recordId: string; values: FieldValues }
  | { kind: 'delete'; draft: StepDraft; recordId: string }
  | {
      kind: 'find'
      draft: StepDraft
      object: string
      filters: Record<string, unknown>
      sort: unknown
      limit: number
    }
  /** `until` ISO; a time already past goes on at once. With `awaits` it is the time-out of that event */
  | { kind: 'wait'; draft: StepDraft; until: string; awaits?: AwaitedEvent }
  | {
      kind: 'effect'
      draft: StepDraft
      effect: EffectType
      input: unknown
      secrets: SecretSlot[]
      retry: RetryRule
      atMostOnce: boolean
    }
