import { ApiError } from '@kantos/model'
import type { Pool } from '../db/pool.ts'
import { acrossWorkspaces } from '../db/walls.ts'
import { findKey } from '../accounts/api-keys.ts'
import { findSession } from '../accounts/sessions.ts'
import { hashToken } from '../accounts/tokens.ts'
import type { Principal } from '../services.ts'
import type { SessionCookie } from './session-cookie.ts'

/** How long a process trusts what it read about a key or a session: a revocation works within a second everywhere. */
const TRUST_MS = 800
/** The same for an open stream, which looks twice a second. */
const STREAM_TRUST_MS = 400
const MOST_REMEMBERED = 10_000
const KEY = /^kantos_[A-Za-z0-9_-]{16,200}$/

export type Caller = Principal & { session: boolean }

export interface Authenticator {
  /**
   * Who makes a request: `X-Api-Key` or `Authorization: Bearer`, else the session cookie.
   *
   * @throws ApiError UNAUTHORIZED
   */
  authenticate(headers: Headers): Promise<Caller>
  /** Whether the request's key or session still stands for the same caller in the same role, as of half a second ago. */
  stillIs(caller: Caller, headers: Headers): Promise<boolean>
  /** Forgets what was read, so that a change made by this process holds at once. */
  forget(): void
}

function keyOf(headers: Headers): string | null {
  const given = headers.get('x-api-key')
  if (given !== null) return given
  const authorization = headers.get('authorization')
  if (authorization === null) return null
  return /^Bearer /i.test(authorization) ? authorization.slice(7).trim() : ''
}

/**
 * Looks keys and sessions up by their hash, each at most once per 0.8 s and process, 0.4 s while streams are open.
 *
 * Source: SPEC.md, section 12
 */
export function createAuthenticator(pool: Pool, cookie: SessionCookie): Authenticator {
  const everywhere = acrossWorkspaces(pool)
  const keys = remembering((key) => findKey(everywhere, hashToken(key)))
  const sessions = remembering((token) => findSession(everywhere, hashToken(token)))
  const identify = async (headers: Headers, trustMs: number): Promise<Caller> => {
    const key = keyOf(headers)
    if (key !== null) {
      const principal = KEY.test(key) ? await keys.find(key, trustMs) : null
      if (principal === null) throw new ApiError('UNAUTHORIZED', 'The API key is unknown or revoked.')
      return { ...principal, session: false }
    }
    const token = cookie.read(headers)
    const principal = token === null ? null : await sessions.find(token, trustMs)
    if (principal === null) throw new ApiError('UNAUTHORIZED', 'Log in, or give an API key in the header X-Api-Key.')
    return { ...principal, session: true }
  }
  return {
    authenticate: (headers) => identify(headers, TRUST_MS),
    async stillIs(caller, headers) {
      try {
        const { id, role } = await identify(headers, STREAM_TRUST_MS)
        return id === caller.id && role === caller.role
      } catch (error) {
        // a database that is away says nothing about the caller
        return !(error instanceof ApiError)
      }
    },
    forget() {
      keys.forget()
      sessions.forget()
    },
  }
}

/** Asks once per token and time of trust; callers at the same moment share the question. */
function remembering(read: (token: string) => Promise<Principal | null>) {
  const known = new Map<string, { asked: number; answer: Promise<Principal | null> }>()
  return {
    find(token: string, trustMs: number): Promise<Principal | null> {
      const now = performance.now()
      const entry = known.get(token)
      if (entry !== undefined && entry.asked + trustMs > now) return entry.answer
      if (known.size >= MOST_REMEMBERED) known.clear()
      const answer = read(token)
      known.set(token, { asked: now, answer })
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
