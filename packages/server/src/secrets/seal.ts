import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { MasterKey } from './key.ts'

/** The row a sealed value belongs to. Moved to another row or workspace, it doesn't open. */
export interface Owner {
  workspaceId: string
  rowId: string
}

export interface Sealer {
  /** Encrypts and binds a text to its row. The same text gives other bytes each time. */
  seal(plain: string, owner: Owner): Buffer
  /** @throws SealError when the key, the row or the bytes aren't those of `seal` */
  open(sealed: Uint8Array, owner: Owner): string
}

export class SealError extends Error {
  readonly code: 'UNKNOWN_FORMAT' | 'UNKNOWN_KEY' | 'TAMPERED'

  constructor(code: SealError['code'], message: string) {
    super(message)
    this.code = code
  }
}

// version (1) | key id (4) | nonce (12) | tag (16) | data
const VERSION = 1
/** Where the id of the key stands in a sealed value. */
export const KEY_ID_AT = { from: 1, length: 4 } as const
const NONCE_AT = 5
const TAG_AT = 17
const DATA_AT = 33
const ALGORITHM = 'aes-256-gcm'
const TAG_BYTES = DATA_AT - TAG_AT

/**
 * Seals texts with AES-256-GCM. Each purpose has a key of its own, so a value sealed for one isn't opened for another.
 *
 * @param keys as `loadMasterKeys` gives them: the first seals, all open
 * @param purpose e.g. `secrets`
 * @throws RangeError without a key
 */
export function createSealer(keys: readonly MasterKey[], purpose: string): Sealer {
  const ring = keys.map((key) => ({ id: key.id, key: key.derive(purpose) }))
  const [current] = ring
  if (current === undefined) throw new RangeError('a sealer needs a key')
  return {
    seal(plain, owner) {
      const header = Buffer.concat([Buffer.of(VERSION), current.id])
      const nonce = randomBytes(TAG_AT - NONCE_AT)
      const cipher = createCipheriv(ALGORITHM, current.key, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(bindTo(header, owner))
      const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([header, nonce, cipher.getAuthTag(), data])
    },
    open(sealed, owner) {
      const bytes = Buffer.from(sealed)
      if (bytes.length < DATA_AT || bytes[0] !== VERSION) {
        throw new SealError('UNKNOWN_FORMAT', 'the sealed value has a format this version does not know')
      }
      const header = bytes.subarray(0, NONCE_AT)
      const entry = ring.find(({ id }) => id.equals(header.subarray(1)))
      if (entry === undefined) {
        throw new SealError(
          'UNKNOWN_KEY',
          'the value was sealed with another key: set KANTOS_SECRET_KEY, or restore secret.key in DATA_DIR, as it was',
        )
      }
      const nonce = bytes.subarray(NONCE_AT, TAG_AT)
      const decipher = createDecipheriv(ALGORITHM, entry.key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(bindTo(header, owner))
      decipher.setAuthTag(bytes.subarray(TAG_AT, DATA_AT))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(DATA_AT)), decipher.final()]).toString('utf8')
      } catch {
        throw new SealError('TAMPERED', 'the sealed value was changed, or belongs to another row')
      }
    },
  }
}

function bindTo(header: Buffer, { workspaceId, rowId }: Owner): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify([workspaceId, rowId]), 'utf8')])
}
