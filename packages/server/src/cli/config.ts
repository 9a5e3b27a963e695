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
  /** a server that `kantos automations` works on over its API; null: the installation of this environment */
  remoteUrl: string | null
  ownerEmail: string | null
  ownerPassword: string | null
  rateLimitPerMinute: number
  egressAllow: string[]
  /** proxies whose `X-Forwarded-For` is believed, beside those on this machine */
  trustedProxies: string[]
  logLevel: string
  /** where /healthz, /readyz and /metrics answer too, as for a worker without an API; null: nowhere */
  metricsPort: number | null
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

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** A setting that is a URL of one of some protocols; its password is never shown. */
function url(env: NodeJS.ProcessEnv, name: string, protocols: readonly string[]): string | null {
  const text = env[name]
  if (text === undefined || text === '') return null
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (parsed === null || !protocols.includes(parsed.protocol))
    throw new ConfigError(`${name} must be a URL that begins with ${protocols.map((one) => `${one}//`).join(' or ')}.`)
  return text
}

/**
 * Reads the settings.
 *
 * @throws ConfigError naming the setting and what it may be
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const port = integer(env, 'PORT', DEFAULTS.port, 0, 65_535)
  const text = (name: string) => (env[name] === undefined || env[name] === '' ? null : env[name]!)
  const list = (name: string) => (text(name) ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  const publicUrl = (url(env, 'PUBLIC_URL', ['http:', 'https:']) ?? `http://localhost:${port}`).replace(/\/+$/, '')
  const apiKey = text('KANTOS_API_KEY')
  if (apiKey !== null && !/^kantos_[A-Za-z0-9_-]{16,200}$/.test(apiKey))
    throw new ConfigError('KANTOS_API_KEY must be "kantos_" and at least 16 letters, digits, - or _.')
  const [ownerEmail, ownerPassword] = [text('KANTOS_OWNER_EMAIL'), text('KANTOS_OWNER_PASSWORD')]
  if ((ownerEmail === null) !== (ownerPassword === null))
    throw new ConfigError(
      `${ownerEmail === null ? 'KANTOS_OWNER_PASSWORD' : 'KANTOS_OWNER_EMAIL'} is set alone; an owner needs both KANTOS_OWNER_EMAIL and KANTOS_OWNER_PASSWORD.`,
    )
  const logLevel = text('LOG_LEVEL') ?? DEFAULTS.logLevel
  if (!LOG_LEVELS.some((level) => level === logLevel))
    throw new ConfigError(`LOG_LEVEL is "${logLevel}"; it must be one of ${LOG_LEVELS.join(', ')}.`)
  return {
    host: text('HOST') ?? DEFAULTS.host,
    port,
    publicUrl,
    databaseUrl: url(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    dataDir: text('DATA_DIR') ?? DEFAULTS.dataDir,
    smtpUrl: url(env, 'SMTP_URL', ['smtp:', 'smtps:']),
    mailFrom: text('MAIL_FROM') ?? DEFAULTS.mailFrom,
    secretKey: text('KANTOS_SECRET_KEY'),
    apiKey,
    remoteUrl: url(env, 'KANTOS_URL', ['http:', 'https:']),
    ownerEmail,
    ownerPassword,
    rateLimitPerMinute: integer(env, 'RATE_LIMIT_PER_MINUTE', DEFAULTS.rateLimitPerMinute, 1, 1_000_000_000),
    egressAllow: list('EGRESS_ALLOW'),
    trustedProxies: list('TRUSTED_PROXIES'),
    logLevel,
    metricsPort: text('METRICS_PORT') === null ? null : integer(env, 'METRICS_PORT', 0, 0, 65_535),
    workerConcurrency: integer(env, 'WORKER_CONCURRENCY', DEFAULTS.workerConcurrency, 1, 5_000),
  }
}
