import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadMasterKeys, masterKey } from '../../src/secrets/key.ts'
import { createSealer, SealError } from '../../src/secrets/seal.ts'

const owner = { workspaceId: 'ws_1', rowId: 'row_1' }
const key = masterKey(randomBytes(32))

const codeOf = (open: () => unknown) => {
  try {
    open()
  } catch (error) {
    if (error instanceof SealError) return error.code
    throw error
  }
  return 'opened'
}

describe('a sealed value', () => {
  const sealer = createSealer([key], 'secrets')
  const sealed = sealer.seal('sk_live_Zoë', owner)

  test('opens for its row, and is never the same twice', () => {
    expect(sealer.open(sealed, owner)).toBe('sk_live_Zoë')
    expect(sealer.open(new Uint8Array(sealed), owner)).toBe('sk_live_Zoë')
    expect(sealer.open(sealer.seal('', owner), owner)).toBe('')
    expect(sealer.seal('sk_live_Zoë', owner).equals(sealed)).toBe(false)
    expect(sealed.includes('sk_live')).toBe(false)
  })

  test.each([
    ['another row', { ...owner, rowId: 'row_2' }],
    ['another workspace', { ...owner, workspaceId: 'ws_2' }],
    ['a row whose ids join to the same text', { workspaceId: 'ws_1","row_1', rowId: '' }],
  ])('stays shut for %s', (_, other) => expect(codeOf(() => sealer.open(sealed, other))).toBe('TAMPERED'))

  test('stays shut when any byte of it is another', () => {
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(codeOf(() => sealer.open(changed, owner))).toBe(
        at === 0 ? 'UNKNOWN_FORMAT' : at < 5 ? 'UNKNOWN_KEY' : 'TAMPERED',
      )
    }
  })

  test('stays shut when it is cut, its tag included', () => {
    for (let length = 0; length < sealed.length; length += 1) {
      const code = codeOf(() => sealer.open(sealed.subarray(0, length), owner))
      expect(code).toBe(length < 33 ? 'UNKNOWN_FORMAT' : 'TAMPERED')
    }
  })

  test('stays shut for another purpose, and for another key, which the error names as the cause', () => {
    expect(codeOf(() => createSealer([key], 'webhooks').open(sealed, owner))).toBe('TAMPERED')
    const other = createSealer([masterKey(randomBytes(32))], 'secrets')
    expect(codeOf(() => other.open(sealed, owner))).toBe('UNKNOWN_KEY')
    expect(() => other.open(sealed, owner)).toThrow(/KANTOS_SECRET_KEY/)
  })

  test('opens after a new key was put in front, which seals from then on', () => {
    const newer = masterKey(randomBytes(32))
    const rotated = createSealer([newer, key], 'secrets')
    expect(rotated.open(sealed, owner)).toBe('sk_live_Zoë')
    expect(createSealer([newer], 'secrets').open(rotated.seal('x', owner), owner)).toBe('x')
  })

  test('needs a key', () => expect(() => createSealer([], 'secrets')).toThrow(RangeError))
})

test('derived keys differ by purpose and scope and are the same each time', () => {
  const keys = [key.derive('a'), key.derive('b'), key.derive('a', 'ws_1'), key.derive('a', 'ws_2')]
  expect(new Set(keys.map((one) => one.toString('hex'))).size).toBe(4)
  expect(key.derive('a', 'ws_1').equals(key.derive('a', 'ws_1'))).toBe(true)
  expect(key.derive('a')).toHaveLength(32)
})

describe('the master key', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'kantos-key-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))
  const file = () => join(dataDir, 'secret.key')
  const ids = (secretKey?: string) => loadMasterKeys({ secretKey, dataDir }).map(({ id }) => id.toString('hex'))

  test('is made at the first start, readable by its owner alone, and the same from then on', () => {
    const first = ids()
    expect(first).toHaveLength(1)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(Buffer.from(readFileSync(file(), 'utf8').trim(), 'base64')).toHaveLength(32)
    expect(ids()).toEqual(first)
    expect(ids('  ')).toEqual(first)
    expect(readdirSync(dataDir)).toEqual(['secret.key'])
  })

  test('is one and the same for processes that start at once', async () => {
    const script = `import { loadMasterKeys } from ${JSON.stringify(join(import.meta.dirname, '../../src/secrets/key.ts'))}
      console.log(loadMasterKeys({ dataDir: ${JSON.stringify(dataDir)} })[0].id.toString('hex'))`
    const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    const outputs = await Promise.all([start(), start(), start()])
    expect(new Set(outputs.map(({ stdout }) => stdout.trim()))).toEqual(new Set(ids()))
  })

  test('is taken from the setting, in base64, base64url and hexadecimal alike', () => {
    const bytes = randomBytes(32)
    const [id] = ids(bytes.toString('base64'))
    expect(ids(bytes.toString('hex'))).toEqual([id])
    expect(ids(bytes.toString('base64url'))).toEqual([id])
    expect(readdirSync(dataDir)).toEqual([])
  })

  test('of the setting goes before that of the file, which still opens what it sealed', () => {
    const [stored] = ids()
    const [given, second] = ids(randomBytes(32).toString('base64'))
    expect(second).toBe(stored)
    expect(given).not.toBe(stored)
  })

  test('may be several, the first in front', () => {
    const [a, b] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex')]
    expect(ids(`${a}, ${b}`)).toEqual([...ids(a), ...ids(b)])
  })

  test('may be a passphrase of 16 characters or more', () => {
    expect(ids('correct horse battery staple')).toEqual(ids('correct horse battery staple'))
    expect(ids('correct horse battery staple')).not.toEqual(ids('correct horse battery stapler'))
    expect(() => ids('short')).toThrow(/KANTOS_SECRET_KEY is too short/)
  })

  test('that is damaged stops the start and says so without showing it', () => {
    writeFileSync(file(), 'half a k')
    expect(() => ids()).toThrow(/is damaged/)
    expect(() => ids()).not.toThrow(/half a k/)
  })

  test('that others could read is closed to them', () => {
    ids()
    chmodSync(file(), 0o644)
    ids()
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  test('that cannot be made says what to do', () => {
    writeFileSync(join(dataDir, 'taken'), '')
    expect(() => loadMasterKeys({ dataDir: join(dataDir, 'taken') })).toThrow(/secret\.key cannot be/)
  })
})
