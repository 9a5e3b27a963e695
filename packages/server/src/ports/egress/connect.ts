import { lookup as dnsLookup } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { type AllowList, canonicalHost } from './allow-list.ts'
import { EgressRefused } from './failure.ts'
import { notPublic, portOf } from './prepare.ts'
import { isPublicAddress, parseAddress } from './public-address.ts'

/** All addresses of a host name; rejects with a `getaddrinfo` error when there is none. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>

/** The machine's own resolver, so /etc/hosts and a container network's names count. */
export const systemResolve: Resolve = (hostname) => dnsLookup(hostname, { all: true })

const CONNECT_TIMEOUT_MS = 10_000

/**
 * Opens sockets only to permitted addresses. Checked three times, since each check alone has a way round it: a literal
 * address before the socket exists (no look-up happens for it), every answer of the resolver (private ones are left
 * out, and the socket gets the very addresses that were checked, so a second answer is never asked for), and the
 * remote address of the socket that came out.
 */
export function guardedConnector(allow: AllowList, resolve: Resolve): buildConnector.connector {
  const connectors = new Map<string, buildConnector.connector>()
  return (options, callback) => {
    const hostname = options.hostname.startsWith('[') ? options.hostname.slice(1, -1) : options.hostname
    const port = portOf(options)
    const permitted = (address: string) =>
      isPublicAddress(address) || allow.allowsAddress(address, port) || allow.allowsHost(options.hostname, port)
    const literal = canonicalHost(hostname)
    if (parseAddress(literal) !== null && !permitted(literal)) {
      callback(new EgressRefused(notPublic(options.hostname)), null)
      return
    }
    // One connector for each host and port: it keeps the TLS sessions of that host.
    const key = `${options.hostname}:${port}`
    let connector = connectors.get(key)
    if (connector === undefined) {
      connector = buildConnector({
        allowH2: false,
        timeout: CONNECT_TIMEOUT_MS,
        lookup: guardedLookup(resolve, permitted),
      })
      if (connectors.size >= 1000) connectors.clear()
      connectors.set(key, connector)
    }
    connector(options, (error, socket) => {
      if (error !== null) return callback(error, null)
      if (socket.remoteAddress === undefined || !permitted(socket.remoteAddress)) {
        socket.destroy()
        return callback(new EgressRefused(notPublic(options.hostname)), null)
      }
      callback(null, socket)
    })
  }
}

function guardedLookup(resolve: Resolve, permitted: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (answers) => {
        const wanted = options.family === 4 || options.family === 6 ? options.family : null
        const usable = answers.filter(
          ({ family, address }) => (wanted === null || wanted === family) && permitted(address),
        )
        const [first] = usable
        if (first === undefined) callback(new EgressRefused(notPublic(hostname)), '')
        else if (options.all) callback(null, usable)
        else callback(null, first.address, first.family)
      },
      (error) => callback(error, ''),
    )
  }
}
