import { ApiError } from '@kantos/model'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Encoding } from './file.ts'
import { filePart } from './multipart.ts'

/** Largest CSV file: 1 GiB. */
export const LARGEST_FILE = 1024 * 1024 * 1024

/**
 * Streams the CSV of a request to a file: the body itself (`text/csv`), or the part `file` of a form. The file is whole when this returns,
 * and isn't there when it throws.
 *
 * @returns how the text is encoded: by its byte-order mark, else UTF-8, and windows-1252 when it isn't valid UTF-8
 * @throws ApiError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE (over `limit` bytes), BAD_REQUEST (a broken form)
 * Source: SPEC-DETAILS.md, section 12
 */
export async function receiveCsv(request: Request, path: string, limit = LARGEST_FILE): Promise<Encoding> {
  const type = request.headers.get('content-type') ?? ''
  const boundary = /^multipart\/form-data\s*;.*\bboundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(type)
  if (
    boundary === null &&
    !/^(?:text\/csv|text\/plain|text\/tab-separated-values|application\/csv)\s*(?:;|$)/i.test(type)
  )
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'Send the CSV file as text/csv, or as "file" of a multipart form.')
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity')
    throw new ApiError(
      'UNSUPPORTED_MEDIA_TYPE',
      `Send the CSV file as it is: Content-Encoding ${encoding} isn’t undone.`,
    )
  const tooLarge = () => new ApiError('PAYLOAD_TOO_LARGE', `The file is larger than ${limit} bytes.`, { limit })
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limit + (boundary === null ? 0 : 64 * 1024)) throw tooLarge()
  if (request.body === null) throw new ApiError('BAD_REQUEST', 'The file is missing.')
  const bytes = Readable.fromWeb(request.body as never)
  const content = boundary === null ? bytes : filePart(bytes, boundary[1] ?? boundary[2]!)
  const detecting = new EncodingDetector()
  let size = 0
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > limit) return done(tooLarge())
      detecting.see(chunk)
      done(null, chunk)
    },
  })
  await mkdir(dirname(path), { recursive: true })
  const partial = `${path}.part`
  try {
    await pipeline(content, counting, createWriteStream(partial, { mode: 0o600 }))
    await persist(partial)
    await rename(partial, path)
    if ((await stat(path)).size === 0) throw new ApiError('BAD_REQUEST', 'The file is empty.')
    return detecting.result()
  } catch (error) {
    await rm(partial, { force: true })
    await rm(path, { force: true })
    throw error
  }
}

async function persist(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

class EncodingDetector {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  private head = Buffer.alloc(0)
  private valid = true

  see(chunk: Buffer): void {
    if (this.head.length < 2) this.head = Buffer.concat([this.head, chunk.subarray(0, 2)])
    if (!this.valid) return
    try {
      this.decoder.decode(chunk, { stream: true })
    } catch {
      this.valid = false
    }
  }

  result(): Encoding {
    if (this.head[0] === 0xff && this.head[1] === 0xfe) return 'utf-16le'
    if (this.head[0] === 0xfe && this.head[1] === 0xff) return 'utf-16be'
    try {
      this.decoder.decode()
    } catch {
      this.valid = false
    }
    return this.valid ? 'utf-8' : 'windows-1252'
  }
}
