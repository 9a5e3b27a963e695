/** On every answer, the dashboard's files included. Inline scripts don't run; Mantine writes its variables as inline styles. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

export const API_HEADERS: Readonly<Record<string, string>> = { ...SECURITY_HEADERS, 'Cache-Control': 'no-store' }

/** `Strict-Transport-Security` where `PUBLIC_URL` is https: this host for a year; whether its subdomains have TLS isn't ours to say. */
export const STRICT_TRANSPORT = 'max-age=31536000'

/**
 * What stands on every answer of the API. It is put in as an answer is made: to add to one that is there makes objects of it first.
 *
 * @param publicUrl behind TLS browsers are told to come by TLS alone from now on
 */
export function apiHeaders(publicUrl: string): Readonly<Record<string, string>> {
  return isSecure(publicUrl) ? { ...API_HEADERS, 'Strict-Transport-Security': STRICT_TRANSPORT } : API_HEADERS
}

/** Whether browsers come by TLS. */
export function isSecure(publicUrl: string): boolean {
  return publicUrl.startsWith('https:')
}
