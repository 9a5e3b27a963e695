import type { Step } from '@kantos/model'

/** Where a step's bar begins and how long it is, in percent of the whole run. */
export interface Bar {
  left: number
  width: number
}

/**
 * The bars of a run's steps on one line of time. Waits are drawn as long as 40 % at most in all, so that the rest stays visible.
 *
 * @param now epoch ms; where the bar of a step under way ends
 */
export function barsOf(steps: readonly Step[], now: number): Bar[] {
  const spans = steps.map((step) => {
    const start = Date.parse(step.started_at)
    const end = step.finished_at === null ? now : Date.parse(step.finished_at)
    return { start, length: Math.max(0, end - start), isWait: step.type === 'wait' || step.status === 'retrying' }
  })
  const work = spans.filter(({ isWait }) => !isWait).reduce((sum, { length }) => sum + length, 0)
  const waits = spans.filter(({ isWait }) => isWait).reduce((sum, { length }) => sum + length, 0)
  const shrink = waits > 0 ? Math.min(1, (Math.max(work, 1) * (2 / 3)) / waits) : 1
  let at = 0
  let before = spans[0]?.start ?? 0
  const placed = spans.map(({ start, length, isWait }) => {
    at += Math.max(0, Math.min(start - before, work))
    const shown = isWait ? length * shrink : length
    const bar = { at, shown }
    before = start + length
    at += shown
    return bar
  })
  const total = Math.max(1, at)
  return placed.map((bar) => ({ left: (bar.at / total) * 100, width: (bar.shown / total) * 100 }))
}
