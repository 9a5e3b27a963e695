/** Longest line, in bytes: a row holds texts of at most a few megabytes. */
const LONGEST = 256 * 1024 * 1024
const LINE_FEED = 10

/**
 * The lines of a stream, without their line feeds; a rest without one is the last. Only the line feed ends a line, unlike
 * with `node:readline`: JSON holds the other kinds as they are.
 *
 * @throws Error when a line is longer than 256 MiB
 */
export async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  let size = 0
  for await (const piece of source) {
    let from = 0
    for (let at = piece.indexOf(LINE_FEED); at !== -1; at = piece.indexOf(LINE_FEED, from)) {
      const end = piece.subarray(from, at)
      yield rest.length === 0 ? end : Buffer.concat([...rest, end])
      rest = []
      size = 0
      from = at + 1
    }
    if (from === piece.length) continue
    rest.push(piece.subarray(from))
    size += piece.length - from
    if (size > LONGEST) throw new Error('A line is longer than 256 MiB.')
  }
  if (rest.length > 0) yield Buffer.concat(rest)
}
