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
  const at = pages.findIndex(({ data }) => data.some(({ id }) => id === run.id))
  if (at >= 0) {
    return pages.map((page, index) =>
      index === at ? { ...page, data: page.data.map((one) => (one.id === run.id ? run : one)) } : page,
    )
  }
  const [first, ...rest] = pages
  if (first === undefined) return [...pages]
  const oldest = first.data.at(-1)
  if (oldest !== undefined && run.id < oldest.id && (rest.length > 0 || first.next_cursor !== null)) return [...pages]
  const data = [run, ...first.data].sort((a, b) => (a.id < b.id ? 1 : -1))
  return [{ ...first, data }, ...rest]
}
