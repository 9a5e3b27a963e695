import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../src/cli/config.ts'

test('without any setting everything has its default', () => {
  expect(readConfig({})).toEqual({
    host: '127.0.0.1',
    port: 3000,
    publicUrl: 'http://localhost:3000',
    databaseUrl: null,
    dataDir: 'data',
    smtpUrl: null,
    mailFrom: 'Kantos <automations@localhost>',
    secretKey: null,
    apiKey: null,
    remoteUrl: null,
    ownerEmail: null,
    ownerPassword: null,
    rateLimitPerMinute: 100_000,
    egressAllow: [],
    trustedProxies: [],
    logLevel: 'info',
    metricsPort: null,
    workerConcurrency: 200,
  })
})

test('an empty setting is one that is not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '', LOG_LEVEL: '', EGRESS_ALLOW: '' })).toEqual(readConfig({}))
})

test('lists may have commas and blanks between, and URLs no slash at the end', () => {
  const config = readConfig({ EGRESS_ALLOW: '10.0.0.0/8, hooks.local  ::1', PUBLIC_URL: 'https://crm.example.org/' })
  expect(config.egressAllow).toEqual(['10.0.0.0/8', 'hooks.local', '::1'])
  expect(config.publicUrl).toBe('https://crm.example.org')
})

test.each([
  ['PORT', { PORT: 'http' }],
  ['PORT', { PORT: '70000' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'crm.example.org' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/kantos' }],
  ['SMTP_URL', { SMTP_URL: 'mail.example.org:25' }],
  ['KANTOS_API_KEY', { KANTOS_API_KEY: 'secret' }],
  ['KANTOS_OWNER_PASSWORD', { KANTOS_OWNER_EMAIL: 'me@example.org' }],
  ['KANTOS_OWNER_EMAIL', { KANTOS_OWNER_PASSWORD: 'correct horse battery' }],
  ['RATE_LIMIT_PER_MINUTE', { RATE_LIMIT_PER_MINUTE: '0' }],
  ['WORKER_CONCURRENCY', { WORKER_CONCURRENCY: '1.5' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
])('a bad %s is named', (name, env) => {
  expect(() => readConfig(env as NodeJS.ProcessEnv)).toThrow(ConfigError)
  expect(() => readConfig(env as NodeJS.ProcessEnv)).toThrow(name)
})

test('a password in a URL is not repeated', () => {
  expect(() => readConfig({ DATABASE_URL: 'mysql://kantos:hunter2@db/x' })).toThrow(/^(?!.*hunter2)/)
})

test('the README’s table has every setting, and no other', () => {
  const root = join(import.meta.dirname, '../../../..')
  const table = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
    ([, name]) => name,
  )
  const source = readFileSync(join(root, 'packages/server/src/cli/config.ts'), 'utf8')
  const read = [...source.matchAll(/\((?:env, )?'([A-Z][A-Z_]+)'/g)].map(([, name]) => name)
  expect(new Set(table)).toEqual(new Set(read))
})
