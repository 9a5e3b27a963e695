import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../../src')

/** `cli` talks to its own server, `api` and `cli` listen; `db` starts and reaches PostgreSQL. */
const MAY_OPEN_SOCKETS = ['ports', 'db', 'cli', 'api']
const CLIENTS = /(?:from|import\() *'(?:undici|nodemailer[^']*|node:(?:https?|http2|net|tls|dgram))'|\bfetch\(/

test('nothing but the ports opens a connection to the outside', () => {
  const files = globSync('**/*.ts', { cwd: source })
  const offenders = files.filter((file) => {
    if (MAY_OPEN_SOCKETS.includes(file.split(sep)[0] ?? '')) return false
    const code = readFileSync(join(source, file), 'utf8')
    return code.split('\n').some((line) => CLIENTS.test(line) && !line.startsWith('import type'))
  })
  expect(offenders).toEqual([])
  const ports = files.filter((file) => file.startsWith('ports'))
  expect(ports.some((file) => CLIENTS.test(readFileSync(join(source, file), 'utf8')))).toBe(true)
})
