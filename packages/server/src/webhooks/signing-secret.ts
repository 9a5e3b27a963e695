import { randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** A new secret of 256 bits, `whsec_<base64>` as Standard Webhooks writes it. */
export function newSigningSecret(): string {
  return PREFIX + randomBytes(32).toString('base64')
}

/**
 * The bytes that a `whsec_…` secret stands for.
 *
 * @throws TypeError for anything else, without showing it
 */
export function secretBytes(secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : ''
  if (!BASE64.test(encoded)) throw new TypeError('a signing secret is written whsec_<base64>')
  return Buffer.from(encoded, 'base64')
}

/**
 * The keys that a sender may mean by a secret typed into its settings: GitHub uses the text as it stands, Standard
 * Webhooks the decoded bytes, with or without the prefix.
 *
 * @returns none for a secret that is empty, with or without its prefix: nothing verifies against it
 */
export function possibleKeys(secret: string): Buffer[] {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret
  if (encoded.trim() === '') return []
  const keys = [Buffer.from(secret, 'utf8')]
  if (BASE64.test(encoded)) {
    const decoded = Buffer.from(encoded, 'base64')
    if (decoded.length > 0) keys.unshift(decoded)
  }
  return keys
}
