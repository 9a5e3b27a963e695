import type { Run } from '@kantos/model'

/** One page of the list, as the API gives it. */
export interface RunPageData {
  data: Run[]
  next_cursor: string | null
}

/**
 * The pages of a list with a run as it is now: in its place when it is there, else by its id, newest first. A run older than what was
 * read so far comes with its own page.
 */
export function withRun(pages: readonly RunPageData[], run: Run): RunPageData[] {
  if (pages.some(({ data }) => data.some(({ id }) => id === run.id))) return withChangedRun(pages, run)
  const [first, ...rest] = pages
  if (first === undefined) return [...pages]
  const oldest = first.data.at(-1)
  if (oldest !== undefined && run.id < oldest.id && (rest.length > 0 || first.next_cursor !== null)) return [...pages]
  const data = [run, ...first.data].sort((a, b) => (a.id < b.id ? 1 : -1))
  return [{ ...first, data }, ...rest]
}

/** The pages with a run as it is now, if it is there. */
export function withChangedRun(pages: readonly RunPageData[], run: Run): RunPageData[] {
  return pages.map((page) =>
    page.data.some(({ id }) => id === run.id)
      ? { ...page, data: page.data.map((one) => (one.id === run.id ? run : one)) }
      : page,
  )
}

/** A run as a stream tells it; `left`: it matches the filter no more. */
export interface Told {
  run: Run
  left: boolean
}

/** The pages after what a stream told: what left stays, with what became of it, until it is taken out. */
export function withTold(pages: readonly RunPageData[], told: readonly Told[]): RunPageData[] {
  return told.reduce<RunPageData[]>(
    (known, { run, left }) => (left ? withChangedRun(known, run) : withRun(known, run)),
    [...pages],
  )
}

/** The pages without some runs. */
export function withoutRuns(pages: readonly RunPageData[], gone: ReadonlySet<string>): RunPageData[] {
  return pages.map((page) =>
    page.data.some(({ id }) => gone.has(id)) ? { ...page, data: page.data.filter(({ id }) => !gone.has(id)) } : page,
  )
}

/** The pages after the newest was read again: what it should hold and doesn't has come to match the filter no more. */
export function withNewest(pages: readonly RunPageData[], newest: RunPageData): RunPageData[] {
  const there = new Set(newest.data.map(({ id }) => id))
  const oldest = newest.next_cursor === null ? '' : (newest.data.at(-1)?.id ?? '')
  const gone = pages.flatMap(({ data }) => data.flatMap(({ id }) => (id >= oldest && !there.has(id) ? id : [])))
  return newest.data.toReversed().reduce(withRun, withoutRuns(pages, new Set(gone)))
}
