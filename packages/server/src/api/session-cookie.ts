/** The cookie in which a browser keeps its session. */
export interface SessionCookie {
  /** The session's token in a request's cookies, or null. */
  read(headers: Headers): string | null
  /** The value of `Set-Cookie`. @param token '' with 0 seconds forgets it */
  write(token: string, seconds: number): string
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/**
 * On https its name begins with `__Host-`: a browser takes such a cookie from this very host alone, over TLS, so that no
 * sibling domain can slip in a session of its own making. On http that prefix isn't possible.
 *
 * @param publicUrl PUBLIC_URL
 */
export function createSessionCookie(publicUrl: string): SessionCookie {
  const isSecure = publicUrl.startsWith('https:')
  const name = isSecure ? '__Host-kantos_session' : 'kantos_session'
  const pattern = new RegExp(`(?:^|;\\s*)${name}=([^;\\s]*)`)
  const ending = isSecure ? '; Secure' : ''
  return {
    read(headers) {
      const token = pattern.exec(headers.get('cookie') ?? '')?.[1]
      return token !== undefined && TOKEN.test(token) ? token : null
    },
    write: (token, seconds) => `${name}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${ending}`,
  }
}
