import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Transform } from 'node:stream'

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * Undoes the compression of an answer whose sender didn't care that none was asked for.
 *
 * @param body the bytes received, possibly cut
 * @param encoding the answer's `content-encoding`
 * @param limit bytes of plain data to give at most; the rest is never unpacked, so a bomb costs no memory
 * @returns the plain bytes, or what was received when the encoding is unknown or the data is broken from the start
 */
export function decodeBody(
  body: Buffer,
  encoding: string | undefined,
  limit: number,
): Promise<{ body: Buffer; truncated: boolean }> {
  const name = encoding?.trim().toLowerCase() ?? ''
  const create = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined
  if (create === undefined || body.length === 0) return Promise.resolve({ body, truncated: false })
  return new Promise((resolve) => {
    const decoder = create()
    const chunks: Buffer[] = []
    let size = 0
    const finish = (truncated: boolean) => {
      decoder.destroy()
      resolve({ body: Buffer.concat(chunks), truncated })
    }
    decoder.on('data', (chunk: Buffer) => {
      const room = limit - size
      chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
      size += Math.min(chunk.length, room)
      if (chunk.length > room) finish(true)
    })
    decoder.on('end', () => finish(false))
    decoder.on('error', () => (size === 0 ? resolve({ body, truncated: false }) : finish(true)))
    decoder.end(body)
  })
}
