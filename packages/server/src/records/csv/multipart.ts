import { ApiError } from '@kantos/model'

const HEADERS_LIMIT = 16 * 1024
const broken = (why: string) => new ApiError('BAD_REQUEST', `The form can't be read: ${why}.`)

/**
 * The content of the part named `file` of a multipart form, as it streams in; other parts are passed over. Memory stays at one chunk,
 * whatever the size.
 *
 * @throws ApiError BAD_REQUEST when there is no such part, or the form ends in the middle
 */
export async function* filePart(body: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<Buffer> {
  const reader = new Reader(body)
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  // the first boundary has no line end before it: give it one
  reader.unread(Buffer.from('\r\n'))
  for await (const _ of reader.until(delimiter, 'it has no boundary'));
  for (;;) {
    if (!(await reader.boundaryGoesOn())) throw new ApiError('BAD_REQUEST', 'The form has no part named "file".')
    const headers = await reader.headers()
    const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1] ?? ''
    const isFile = /(?:^|[;\s])name=(?:"file"|file(?=[;\s]|$))/i.test(disposition)
    for await (const chunk of reader.until(delimiter, 'it ends in the middle of a part')) if (isFile) yield chunk
    if (isFile) break
  }
  // what follows the file is read to its end, so that the connection can go on
  await reader.drain()
}

class Reader {
  private readonly source: AsyncIterator<Buffer>
  private held: Buffer = Buffer.alloc(0)

  constructor(body: AsyncIterable<Buffer>) {
    this.source = body[Symbol.asyncIterator]()
  }

  unread(bytes: Buffer): void {
    this.held = Buffer.concat([bytes, this.held])
  }

  private async pull(): Promise<boolean> {
    const next = await this.source.next()
    if (next.done) return false
    this.held = this.held.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.held, next.value])
    return true
  }

  /** Gives what comes before a delimiter, and consumes both. */
  async *until(delimiter: Buffer, missing: string): AsyncGenerator<Buffer> {
    for (;;) {
      const found = this.held.indexOf(delimiter)
      if (found !== -1) {
        const before = this.held.subarray(0, found)
        this.held = this.held.subarray(found + delimiter.length)
        if (before.length > 0) yield before
        return
      }
      const sure = this.held.length - delimiter.length + 1
      if (sure > 0) {
        const before = this.held.subarray(0, sure)
        this.held = this.held.subarray(sure)
        yield before
      }
      if (!(await this.pull())) throw broken(missing)
    }
  }

  /** After a boundary: a line end begins a part, two dashes end the form. */
  async boundaryGoesOn(): Promise<boolean> {
    while (this.held.length < 2) if (!(await this.pull())) throw broken('it ends in a boundary')
    if (this.held.subarray(0, 2).toString('latin1') === '--') return false
    for await (const _ of this.until(Buffer.from('\r\n'), 'it ends in a boundary'));
    return true
  }

  async headers(): Promise<string> {
    const end = Buffer.from('\r\n\r\n')
    for (;;) {
      const found = this.held.indexOf(end)
      if (found > HEADERS_LIMIT || (found === -1 && this.held.length > HEADERS_LIMIT))
        throw broken('a part has too long headers')
      if (found !== -1) {
        const headers = this.held.subarray(0, found).toString('utf8')
        this.held = this.held.subarray(found + end.length)
        return headers
      }
      if (!(await this.pull())) throw broken('it ends in the headers of a part')
    }
  }

  async drain(): Promise<void> {
    this.held = Buffer.alloc(0)
    for (;;) if ((await this.source.next()).done) return
  }
}
