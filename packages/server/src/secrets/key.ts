import { createHash, hkdfSync, randomBytes, scryptSync } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A master key; never used itself, only what is derived from it. */
export interface MasterKey {
  /** Four bytes that tell which key sealed something, and nothing about the key. */
  id: Buffer
  /**
   * A key of 32 bytes for one use.
   *
   * @param purpose what it is for, e.g. `secrets`; another purpose is another key
   * @param scope whose it is, e.g. a workspace id
   */
  derive(purpose: string, scope?: string): Buffer
}

const KEY_BYTES = 32
const SHORTEST_PASSPHRASE = 16
const FILE = 'secret.key'

/**
 * Loads the keys that seal secrets: those of `KANTOS_SECRET_KEY`, then those of `<DATA_DIR>/secret.key`, which is made
 * (mode 0600) when neither is there. The first one seals, all open, so a new key goes in front of the old one.
 *
 * @param secretKey `KANTOS_SECRET_KEY`: 32 bytes in base64 or hexadecimal, several with blanks or commas between; or a
 *   passphrase of 16 characters or more
 * @param dataDir `DATA_DIR`; made when missing
 * @returns at least one key
 * @throws Error that says which of the two is unusable and what to do; never shows a key
 * Source: SPEC.md, section 14
 */
export function loadMasterKeys({ secretKey, dataDir }: { secretKey?: string; dataDir: string }): MasterKey[] {
  const keys = readKeys({ secretKey, dataDir })
  return (keys.length > 0 ? keys : createKeyFile(keyFileOf(dataDir))).map(masterKey)
}

/** Where the key lies when `KANTOS_SECRET_KEY` isn't set. */
export function keyFileOf(dataDir: string): string {
  return join(dataDir, FILE)
}

/**
 * The bare keys, for a backup that is to hold them; none is made.
 *
 * @returns 32 bytes each, the one that seals first; empty when there is none
 * @throws Error like `loadMasterKeys`
 */
export function readKeys({ secretKey, dataDir }: { secretKey?: string; dataDir: string }): Buffer[] {
  const given = secretKey === undefined || secretKey.trim() === '' ? [] : readSetting(secretKey)
  return [...given, ...(readKeyFile(keyFileOf(dataDir)) ?? [])]
}

/**
 * Puts keys behind those of the key file, so that they open what they sealed; the file is made when it isn't there.
 *
 * @param keys 32 bytes each
 */
export function addKeys(dataDir: string, keys: readonly Buffer[]): void {
  const path = keyFileOf(dataDir)
  const stored = readKeyFile(path) ?? []
  const all = [...stored, ...keys.filter((key) => !stored.some((one) => one.equals(key)))]
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  mkdirSync(dataDir, { recursive: true })
  const text = all.map((key) => `${key.toString('base64')}\n`).join('')
  writeFileSync(aside, text, { mode: 0o600, flag: 'wx', flush: true })
  renameSync(aside, path)
}

/** @param key 32 bytes */
export function masterKey(key: Buffer): MasterKey {
  return {
    id: createHash('sha256').update('kantos key id\n').update(key).digest().subarray(0, 4),
    derive: (purpose, scope = '') =>
      Buffer.from(hkdfSync('sha256', key, '', JSON.stringify(['kantos', purpose, scope]), KEY_BYTES)),
  }
}

const MOST_REMEMBERED = 10_000

/**
 * A master key's keys for one use, each derived once: who signs each of thousands of requests a second asks for it each time.
 *
 * @returns the key of a scope, e.g. of a workspace's id
 */
export function keysFor(master: MasterKey, purpose: string): (scope: string) => Buffer {
  const known = new Map<string, Buffer>()
  return (scope) => {
    let key = known.get(scope)
    if (key === undefined) {
      if (known.size >= MOST_REMEMBERED) known.clear()
      key = master.derive(purpose, scope)
      known.set(scope, key)
    }
    return key
  }
}

function readSetting(text: string): Buffer[] {
  const keys = text
    .trim()
    .split(/[\s,]+/)
    .map(decodeKey)
  if (keys.every((key) => key !== null)) return keys
  if (text.trim().length >= SHORTEST_PASSPHRASE) return [scryptSync(text.trim(), 'kantos secret key', KEY_BYTES)]
  throw new Error(
    `KANTOS_SECRET_KEY is too short: give 32 bytes (openssl rand -base64 32) or ${SHORTEST_PASSPHRASE} characters or more`,
  )
}

function decodeKey(text: string): Buffer | null {
  const key = /^[0-9a-f]{64}$/i.test(text)
    ? Buffer.from(text, 'hex')
    : /^[\w+/-]{43}=?$/.test(text)
      ? Buffer.from(text, 'base64')
      : null
  return key?.length === KEY_BYTES ? key : null
}

function readKeyFile(path: string): Buffer[] | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
    // Restored from a backup it may have become readable for others.
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`the key file ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  const keys = text.trim().split(/\s+/).map(decodeKey)
  if (keys.every((key) => key !== null)) return keys
  throw new Error(
    `the key file ${path} is damaged: it holds one key of 32 bytes a line, in base64. Restore it from a backup; ` +
      'without it the stored secrets cannot be read. To begin anew, remove the file and enter the secrets again.',
  )
}

// Written aside and linked into place: of two processes that start at once one wins, and both read a whole file.
function createKeyFile(path: string): Buffer[] {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(aside, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    try {
      linkSync(aside, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(aside, { force: true })
    }
  } catch (error) {
    throw new Error(
      `the key file ${path} cannot be created (${(error as Error).message}); make DATA_DIR writable or set KANTOS_SECRET_KEY`,
      { cause: error },
    )
  }
  return readKeyFile(path) ?? []
}
