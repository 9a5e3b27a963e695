export interface SmtpServer {
  host: string
  port: number
  /** TLS from the first byte (`smtps:`); otherwise STARTTLS where the server offers it. */
  secure: boolean
  auth: { user: string; pass: string } | null
  /** Without STARTTLS nothing is sent. */
  requireTLS: boolean
  rejectUnauthorized: boolean
}

const PARAMETERS = ['requireTLS', 'rejectUnauthorized']

/**
 * Reads `SMTP_URL`.
 *
 * @param text `smtp://` (port 587 when none is given) or `smtps://` (465), `user:password@` percent-encoded, and
 *   `?requireTLS=true` or `?rejectUnauthorized=false`
 * @throws Error that says what is wrong; the password isn't shown
 * Source: SPEC.md, section 14
 */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || url.hostname === '') {
    throw new Error('SMTP_URL must look like smtp://user:password@mail.example.org:587, the password percent-encoded')
  }
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw new Error(`SMTP_URL has the unknown parameter "${name}"; known are ${PARAMETERS.join(' and ')}`)
    }
  }
  if ((url.username === '') !== (url.password === '')) {
    throw new Error('SMTP_URL needs both a user and a password, or neither')
  }
  const secure = url.protocol === 'smtps:'
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    auth: url.username === '' ? null : { user: decode(url.username), pass: decode(url.password) },
    requireTLS: flag(url, 'requireTLS', false),
    rejectUnauthorized: flag(url, 'rejectUnauthorized', true),
  }
}

function flag(url: URL, name: string, otherwise: boolean): boolean {
  const value = url.searchParams.get(name)
  if (value === null) return otherwise
  if (value !== 'true' && value !== 'false') throw new Error(`SMTP_URL: ${name} is true or false`)
  return value === 'true'
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('SMTP_URL: write a % in user or password as %25')
  }
}
