import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits, 43 characters of URL-safe base64. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** SHA-256: how keys, sessions and links are stored. They are random, so no slow hash is needed. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
