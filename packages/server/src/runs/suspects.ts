import type { ClaimedEvent } from '../events/claim.ts'
import type { RunRow } from './row.ts'

/** so many go together after they saw one worker die */
const SUSPECTS = 16

/** What a batch goes on with, of what it has claimed. */
export interface Chosen {
  due: readonly RunRow[]
  claimed: readonly ClaimedEvent[]
  /** they go by themselves: the outcomes of effects wait for the next batch */
  suspects: boolean
}

/**
 * Tells rows whose worker died on them from the sound ones, which go on in a batch of their own: a batch of either kind by turns, so that neither
 * keeps the other waiting, however many there are.
 *
 * @param turn whose turn it is, where there are both
 * @param settles there are outcomes to be settled, which go with the sound ones
 */
export function choose(
  due: readonly RunRow[],
  claimed: readonly ClaimedEvent[],
  turn: 'suspects' | 'sound',
  settles: boolean,
): Chosen {
  const suspect = suspectOf(due, claimed)
  if (suspect === null) return { due, claimed, suspects: false }
  if (turn === 'sound') {
    const sound = soundOf(due, claimed)
    if (settles || sound.due.length + sound.claimed.length > 0) return { ...sound, suspects: false }
  }
  return { ...suspect, suspects: true }
}

/** Rows that no worker has died on, never a record's later event before its earlier one. */
function soundOf(due: readonly RunRow[], claimed: readonly ClaimedEvent[]): { due: RunRow[]; claimed: ClaimedEvent[] } {
  const here = new Set(claimed.map(({ seq }) => seq))
  const taken = new Set<number>()
  return {
    due: due.filter(({ tries }) => (tries ?? 0) === 0),
    claimed: claimed.filter(({ seq, tries, previousSeq }) => {
      if (tries > 0 || (previousSeq !== null && here.has(previousSeq) && !taken.has(previousSeq))) return false
      taken.add(seq)
      return true
    }),
  }
}

/**
 * Rows whose worker died on them, by themselves: a few of those that saw it once, else one that saw it again; null when there is none. Of a few
 * that stop their worker, each goes alone the next time, so the one that does it is found at its third worker, and the hundreds
 * that a batch had claimed beside it are through in some dozens of batches.
 */
function suspectOf(
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
