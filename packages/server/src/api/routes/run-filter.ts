import { type RunFilterInput, type RunStatus, uuidOf } from '@kantos/model'
import type { RunFilter } from '../../log/filter.ts'

const DAY_MS = 86_400_000

/**
 * A filter of the API as the log reads it.
 *
 * @returns null when it names something that can't be an id of ours, so nothing matches
 */
export function readRunFilter(input: RunFilterInput): RunFilter | null {
  const filter: RunFilter = {}
  if (input.automation_id !== undefined) {
    const id = uuidOf('automation', input.automation_id)
    if (id === null) return null
    filter.automationId = id
  }
  if (input.record_id !== undefined) {
    const id = uuidOf('record', input.record_id)
    if (id === null) return null
    filter.recordId = id
  }
  if (input.chain_id !== undefined) {
    const id = uuidOf('chain', input.chain_id)
    if (id === null) return null
    filter.chainId = id
  }
  if (input.parent_run_id !== undefined) {
    const id = uuidOf('run', input.parent_run_id)
    if (id === null) return null
    filter.parentRunId = id
  }
  if (input.status !== undefined) filter.statuses = input.status.split(',').map((status) => status.trim() as RunStatus)
  if (input.cause !== undefined) {
    const cause = uuidOf('cause', input.cause)
    if (cause === null) return null
    filter.cause = cause
  }
  if (input.unretried === true || input.unretried === 'true') filter.unretried = true
  if (input.mode !== undefined) filter.mode = input.mode
  if (input.from !== undefined) filter.from = instantOf(input.from)
  if (input.to !== undefined) filter.to = instantOf(input.to) + (isDay(input.to) ? DAY_MS - 1 : 0)
  return filter
}

function isDay(text: string): boolean {
  return text.length === 10
}

/** Epoch ms; a time without a zone is UTC. */
export function instantOf(text: string): number {
  return Date.parse(isDay(text) || /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`)
}
