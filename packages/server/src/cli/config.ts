/** The settings, read from the environment once, in the composition root. Source: SPEC.md, section 14 */
export interface Config {
  host: string
  port: number
  publicUrl: string
  /** null: the embedded PostgreSQL in `dataDir` */
  databaseUrl: string | null
  dataDir: string
  smtpUrl: string | null
  mailFrom: string
  /** the master key of sealed secrets; null: a key file in `dataDir` */
  secretKey: string | null
  /** a first server key to create */
  apiKey: string | null
  ownerEmail: string | null
  ownerPassword: string | null
  rateLimitPerMinute: number
  egressAllow: string[]
  logLevel: string
  /** effects performed at once by this process */
  workerConcurrency: number
}

export const DEFAULTS = {
  host: '127.0.0.1',
  port: 3000,
  dataDir: 'data',
  mailFrom: 'Kantos <automations@localhost>',
  rateLimitPerMinute: 100_000,
  logLevel: 'info',
  workerConcurrency: 200,
} as const

/** A setting that can't be used; the message names it and says what to do. */
export class ConfigError extends Error {}

function integer(env: NodeJS.ProcessEnv, name: string, fallback: number, min: number, max: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ConfigError(`${name} is "${text}"; it must be a whole number from ${min} to ${max}.`)
  return value
}

/**
 * Reads the settings.
 *
 * @throws ConfigError naming the setting and what it may be
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const port = integer(env, 'PORT', DEFAULTS.port, 0, 65_535)
  const text = (name: string) => (env[name] === undefined || env[name] === '' ? null : env[name]!)
  const publicUrl = (text('PUBLIC_URL') ?? `http://localhost:${port}`).replace(/\/+$/, '')
  if (!/^https?:\/\//.test(publicUrl)) throw new ConfigError(`PUBLIC_URL is "${publicUrl}"; it must begin with http:// or https://.`)
  const apiKey = text('KANTOS_API_KEY')
  if (apiKey !== null && !/^kantos_[A-Za-z0-9_-]{16,200}$/.test(apiKey))
    throw new ConfigError('KANTOS_API_KEY must be "kantos_" and at least 16 letters, digits, - or _.')
  return {
    host: text('HOST') ?? DEFAULTS.host,
    port,
    publicUrl,
    databaseUrl: text('DATABASE_URL'),
    dataDir: text('DATA_DIR') ?? DEFAULTS.dataDir,
    smtpUrl: text('SMTP_URL'),
    mailFrom: text('MAIL_FROM') ?? DEFAULTS.mailFrom,
    secretKey: text('KANTOS_SECRET_KEY'),
    apiKey,
    ownerEmail: text('KANTOS_OWNER_EMAIL'),
    ownerPassword: text('KANTOS_OWNER_PASSWORD'),
    rateLimitPerMinute: integer(env, 'RATE_LIMIT_PER_MINUTE', DEFAULTS.rateLimitPerMinute, 1, 1_000_000_000),
    egressAllow: (text('EGRESS_ALLOW') ?? '').split(/[\s,]+/).filter((entry) => entry !== ''),
    logLevel: text('LOG_LEVEL') ?? DEFAULTS.logLevel,
    workerConcurrency: integer(env, 'WORKER_CONCURRENCY', DEFAULTS.workerConcurrency, 1, 5_000),
  }
}
