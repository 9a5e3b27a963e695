import { ApiError } from '@kantos/model'
import type { Pool } from '../db/pool.ts'
import { findKey } from '../accounts/api-keys.ts'
import { findSession } from '../accounts/sessions.ts'
import { hashToken } from '../accounts/tokens.ts'
import type { Principal } from '../services.ts'

/** How long a process trusts what it read about a key or a session: a revocation works within a second everywhere. */
const TRUST_MS = 900
const MOST_REMEMBERED = 10_000
const KEY = /^kantos_[A-Za-z0-9_-]{16,200}$/
const SESSION_TOKEN = /^[A-Za-z0-9_-]{43}$/
const COOKIE = /(?:^|;\s*)kantos_session=([^;\s]*)/

export type Caller = Principal & { session: boolean }

export interface Authenticator {
  /**
   * Who makes a request: `X-Api-Key` or `Authorization: Bearer`, else the session cookie.
   *
   * @throws ApiError UNAUTHORIZED
   */
  authenticate(headers: Headers): Promise<Caller>
  /** Forgets what was read, so that a change made by this process holds at once. */
  forget(): void
}

/** The session's token in a request's cookies. */
export function sessionToken(headers: Headers): string | null {
  const token = COOKIE.exec(headers.get('cookie') ?? '')?.[1]
  return token !== undefined && SESSION_TOKEN.test(token) ? token : null
}

function keyOf(headers: Headers): string | null {
  const given = headers.get('x-api-key')
  if (given !== null) return given
  const authorization = headers.get('authorization')
  if (authorization === null) return null
  return /^Bearer /i.test(authorization) ? authorization.slice(7).trim() : ''
}

/**
 * Looks keys and sessions up by their hash, each at most once per 0.9 s and process.
 *
 * Source: SPEC.md, section 12
 */
export function createAuthenticator(pool: Pool): Authenticator {
  const keys = remembering((key) => findKey(pool, hashToken(key)))
  const sessions = remembering((token) => findSession(pool, hashToken(token)))
  return {
    async authenticate(headers) {
      const key = keyOf(headers)
      if (key !== null) {
        const principal = KEY.test(key) ? await keys.find(key) : null
        if (principal === null) throw new ApiError('UNAUTHORIZED', 'The API key is unknown or revoked.')
        return { ...principal, session: false }
      }
      const token = sessionToken(headers)
      const principal = token === null ? null : await sessions.find(token)
      if (principal === null) throw new ApiError('UNAUTHORIZED', 'Log in, or give an API key in the header X-Api-Key.')
      return { ...principal, session: true }
    },
    forget() {
      keys.forget()
      sessions.forget()
    },
  }
}

/** Asks once per token and 0.9 s; callers at the same moment share the question. */
function remembering(read: (token: string) => Promise<Principal | null>) {
  const known = new Map<string, { until: number; answer: Promise<Principal | null> }>()
  return {
    find(token: string): Promise<Principal | null> {
      const now = performance.now()
      const entry = known.get(token)
      if (entry !== undefined && entry.until > now) return entry.answer
      if (known.size >= MOST_REMEMBERED) known.clear()
      const answer = read(token)
      known.set(token, { until: now + TRUST_MS, answer })
      answer.catch(() => known.delete(token))
      return answer
    },
    forget: () => known.clear(),
  }
}

/**
 * Refuses a request that another site's page made with the user's cookie.
 *
 * A browser says where a request comes from in `Sec-Fetch-Site`, older ones in `Origin`; a request that changes something
 * and has neither isn't a browser's, and has no business with a cookie.
 *
 * @param optional let requests without either header pass, as at login, where no cookie is trusted
 * @throws ApiError FORBIDDEN
 */
export function requireSameOrigin(headers: Headers, publicUrl: string, optional = false): void {
  const site = headers.get('sec-fetch-site')
  if (site === 'same-origin') return
  const origin = headers.get('origin')
  if (site === null) {
    if (origin === null && optional) return
    if (origin !== null && (origin === new URL(publicUrl).origin || origin === `http://${headers.get('host')}`)) return
  }
  throw new ApiError('FORBIDDEN', 'The request comes from another site.')
}
