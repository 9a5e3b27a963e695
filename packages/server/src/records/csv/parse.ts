/** A row of a CSV file: its cells, or why it has none. `line` is the physical line on which it begins, from 1. */
export interface CsvRow {
  line: number
  cells: string[] | null
  problem?: string
}

/** Longest row in UTF-16 units: a long text of 1 MiB with every quote doubled, and the rest of its row. */
const LONGEST_ROW = 4 * 1024 * 1024

type Scan = { kind: 'row'; cells: string[]; end: number; lines: number } | { kind: 'bad'; problem: string } | 'more'

/**
 * Reads the rows of a CSV file as they stream in, in the memory of one row.
 *
 * Rows end with LF, CRLF or CR; cells may be quoted, with `""` for a quote, and then hold delimiters and line ends. Empty lines are
 * skipped. A row with a broken quote is reported with its line, and reading goes on with the very next line, so a quote that is never
 * closed costs that one row. (A parser that looks for the end of the quote loses every row after it, hence one of our own.)
 *
 * @param chunks decoded text without a byte-order mark
 * @param delimiter one character
 * Source: SPEC.md, section 2
 */
export async function* readRows(chunks: AsyncIterable<string>, delimiter: string): AsyncGenerator<CsvRow> {
  let text = ''
  let from = 0
  let line = 1
  const iterator = chunks[Symbol.asyncIterator]()
  let final = false
  try {
    for (;;) {
      while (from < text.length) {
        const scan = scanRow(text, from, delimiter, final)
        if (scan === 'more' || scan.kind === 'bad') {
          const long = text.length - from > LONGEST_ROW
          if (scan === 'more' && !long) break
          const next = lineEnd(text, from, final)
          if (next === -1 && long) throw new CsvError(`Line ${line} is longer than 4 MiB; this is no CSV file.`)
          if (next === -1) break
          yield {
            line,
            cells: null,
            problem: scan === 'more' ? 'The row is too long; a quote may not be closed.' : scan.problem,
          }
          from = next
          line += 1
        } else {
          if (scan.cells.length > 1 || scan.cells[0] !== '') yield { line, cells: scan.cells }
          from = scan.end
          line += scan.lines
        }
      }
      if (final) return
      const next = await iterator.next()
      if (next.done) final = true
      else {
        text = text.slice(from) + next.value
        from = 0
      }
    }
  } finally {
    await iterator.return?.()
  }
}

/** A file that can't be read as CSV at all. */
export class CsvError extends Error {}

const QUOTE = 34
const LF = 10
const CR = 13

/** One row from `from` on; `more` when its end isn't there yet. */
function scanRow(text: string, from: number, delimiter: string, final: boolean): Scan {
  const cells: string[] = []
  const separator = delimiter.charCodeAt(0)
  let lines = 0
  let at = from
  for (;;) {
    if (text.charCodeAt(at) === QUOTE) {
      const close = closingQuote(text, at + 1)
      if (close === -1 || (close + 1 >= text.length && !final))
        return final ? { kind: 'bad', problem: 'A quote is opened and never closed.' } : 'more'
      const cell = text.slice(at + 1, close)
      lines += lineEnds(cell)
      cells.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell)
      at = close + 1
      while (text.charCodeAt(at) === 32) at++
      const code = text.charCodeAt(at)
      if (at < text.length && code !== separator && code !== LF && code !== CR)
        return { kind: 'bad', problem: `There is text after the closing quote of cell ${cells.length}.` }
    } else {
      const begin = at
      let code = text.charCodeAt(at)
      while (at < text.length && code !== separator && code !== LF && code !== CR) code = text.charCodeAt(++at)
      cells.push(text.slice(begin, at))
    }
    if (at >= text.length) return final ? { kind: 'row', cells, end: at, lines: lines + 1 } : 'more'
    const code = text.charCodeAt(at)
    at += 1
    if (code === separator) continue
    if (code === CR) {
      if (at >= text.length && !final) return 'more'
      if (text.charCodeAt(at) === LF) at += 1
    }
    return { kind: 'row', cells, end: at, lines: lines + 1 }
  }
}

/** Index of the quote that closes a cell; -1 when there is none yet. */
function closingQuote(text: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at)
    if (at === -1 || text.charCodeAt(at + 1) !== QUOTE) return at
  }
}

function lineEnds(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === LF || (code === CR && text.charCodeAt(i + 1) !== LF)) count++
  }
  return count
}

/** Where the next physical line begins; -1 when its end isn't there yet. */
function lineEnd(text: string, from: number, final: boolean): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === LF) return i + 1
    if (code !== CR) continue
    if (i + 1 === text.length && !final) return -1
    return text.charCodeAt(i + 1) === LF ? i + 2 : i + 1
  }
  return final ? text.length : -1
}
