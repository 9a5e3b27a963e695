import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { CsvError, type CsvRow, readRows } from './parse.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
export type Delimiter = ',' | ';' | '\t'

const CHUNK = 64 * 1024
const HEAD = 64 * 1024

/** A CSV file on disk: how it is written, and its header. */
export interface CsvFile {
  path: string
  encoding: Encoding
  delimiter: Delimiter
  /** cells of the header, trimmed */
  header: string[]
  /** the line of the header, counting from 1 */
  headerLine: number
}

/**
 * Looks at the beginning of a file: its delimiter is the one that the header has most of, unless Excel's `sep=;` says it.
 *
 * @throws CsvError when there is no header
 */
export async function openCsv(path: string, encoding: Encoding, delimiter?: Delimiter): Promise<CsvFile> {
  const { line: first, number } = await firstLine(path, encoding)
  const said = /^sep=([,;\t])$/.exec(first)
  const chosen = delimiter ?? (said?.[1] as Delimiter | undefined) ?? detectDelimiter(first)
  for await (const row of readFile(path, encoding, chosen)) {
    if (said !== null && row.line === number) continue
    if (row.cells === null) throw new CsvError(`The header can't be read: ${row.problem}`)
    const header = row.cells.map((cell) => cell.trim())
    return { path, encoding, delimiter: chosen, header, headerLine: row.line }
  }
  throw new CsvError('The file is empty; its first line must name the columns.')
}

/** The rows below the header; rows without any value are left out. */
export async function* readRecords(file: CsvFile): AsyncGenerator<CsvRow> {
  for await (const row of readFile(file.path, file.encoding, file.delimiter)) {
    if (row.line <= file.headerLine) continue
    if (row.cells === null) yield row
    else if (row.cells.every((cell) => cell === '')) continue
    else if (row.cells.length === file.header.length) yield row
    else {
      const cells = row.cells.length === 1 ? '1 cell' : `${row.cells.length} cells`
      const problem = `The row has ${cells}, the header has ${file.header.length}.`
      yield { line: row.line, cells: null, problem }
    }
  }
}

function readFile(path: string, encoding: Encoding, delimiter: string): AsyncGenerator<CsvRow> {
  return readRows(decoded(path, encoding), delimiter)
}

async function* decoded(path: string, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
    const text = decoder.decode(chunk as Buffer, { stream: true })
    if (text !== '') yield text
  }
  const rest = decoder.decode()
  if (rest !== '') yield rest
}

async function firstLine(path: string, encoding: Encoding): Promise<{ line: string; number: number }> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0)
    const lines = new TextDecoder(encoding).decode(buffer.subarray(0, bytesRead), { stream: true }).split(/\r\n|\n|\r/)
    const index = Math.max(
      0,
      lines.findIndex((line) => line !== ''),
    )
    return { line: lines[index]!, number: index + 1 }
  } finally {
    await handle.close()
  }
}

function detectDelimiter(header: string): Delimiter {
  const unquoted = header.replace(/"(?:[^"]|"")*"/g, '')
  const counts = ([',', ';', '\t'] as const).map((one) => ({ one, count: unquoted.split(one).length }))
  return counts.toSorted((a, b) => b.count - a.count)[0]!.one
}
