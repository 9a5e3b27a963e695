import type { ClaimedEvent } from '../events/claim.ts'
import type { RunRow } from './row.ts'

/** so many go together after they saw one worker die */
const SUSPECTS = 16

/**
 * Rows whose worker died on them, by themselves: a few of those that saw it once, else one that saw it again; null when there is none. Of a few
 * that stop their worker, each goes alone the next time, so the one that does it is found at its third worker, and the hundreds
 * that a batch had claimed beside it are through in some dozens of batches.
 */
export function suspectOf(
  due: readonly RunRow[],
  claimed: readonly ClaimedEvent[],
): { due: RunRow[]; claimed: ClaimedEvent[] } | null {
  if (due.length + claimed.length <= 1) return null
  const runs = due.filter(({ tries }) => tries === 1).slice(0, SUSPECTS)
  if (runs.length > 0) return { due: runs, claimed: [] }
  const here = new Set(claimed.map(({ seq }) => seq))
  const taken = new Set<number>()
  // never a record's later event before its earlier one
  const first = ({ previousSeq }: ClaimedEvent) =>
    previousSeq === null || !here.has(previousSeq) || taken.has(previousSeq)
  const events = claimed.filter((event) => {
    if (event.tries !== 1 || taken.size === SUSPECTS || !first(event)) return false
    taken.add(event.seq)
    return true
  })
  if (events.length > 0) return { due: [], claimed: events }
  const run = due.find(({ tries }) => (tries ?? 0) > 1)
  if (run !== undefined) return { due: [run], claimed: [] }
  const event = claimed.find((candidate) => candidate.tries > 0 && first(candidate))
  return event === undefined ? null : { due: [], claimed: [event] }
}
