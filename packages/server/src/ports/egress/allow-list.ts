import ipaddr from 'ipaddr.js'
import { parseAddress } from './public-address.ts'

/** What the operator lets webhooks reach although it is private. */
export interface AllowList {
  /** The host is named, so it may resolve to anything. `hostname` as in `URL.hostname`. */
  allowsHost(hostname: string, port: number): boolean
  /** The address is named, alone or inside a network. */
  allowsAddress(address: string, port: number): boolean
}

interface Network {
  range: [ipaddr.IPv4 | ipaddr.IPv6, number]
  port: number | null
}

/**
 * Reads `EGRESS_ALLOW`.
 *
 * @param entries hosts (`crm.internal`), hosts with a port (`localhost:8080`, `[::1]:8080`), addresses or CIDRs
 *   (`10.0.0.0/8`); blank ones are left out
 * @throws Error that names the entry which is none of these
 * Source: SPEC.md, section 14
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const hosts = new Set<string>()
  const networks: Network[] = []
  for (const entry of entries.map((text) => text.trim()).filter((text) => text !== '')) {
    const network = parseNetwork(entry)
    if (network !== null) networks.push(network)
    else hosts.add(parseHost(entry))
  }
  return {
    allowsHost: (hostname, port) => {
      const host = canonicalHost(hostname)
      return hosts.has(host) || hosts.has(`${host}:${port}`)
    },
    allowsAddress: (address, port) => {
      const ip = parseAddress(address)
      if (ip === null) return false
      return networks.some(
        ({ range, port: only }) => range[0].kind() === ip.kind() && ip.match(range) && (only === null || only === port),
      )
    },
  }
}

/** `URL.hostname` without the dot of the root, so that `localhost.` is `localhost`. */
export function canonicalHost(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}

function parseNetwork(entry: string): Network | null {
  if (entry.includes('/')) {
    if (!ipaddr.isValidCIDR(entry)) throw invalid(entry, 'is not a network such as 10.0.0.0/8 or fd00::/8')
    return { range: ipaddr.parseCIDR(entry), port: null }
  }
  const withPort = /^(?:\[([^\]]+)\]|([0-9.]+))(?::(\d+))?$/.exec(entry)
  const address = withPort?.[1] ?? withPort?.[2] ?? entry
  const ip = parseAddress(address)
  if (ip === null) return null
  return { range: [ip, ip.kind() === 'ipv4' ? 32 : 128], port: withPort?.[3] ? parsePort(withPort[3], entry) : null }
}

function parseHost(entry: string): string {
  const match = /^([^\s:/@?#\\[\]*%]+?)\.?(?::(\d+))?$/.exec(entry)
  if (match?.[1] === undefined) throw invalid(entry, 'is not a host, host:port, address or network')
  const url = URL.parse(`http://${match[1]}`)
  if (url === null) throw invalid(entry, 'is not a valid host name')
  if (parseAddress(url.hostname) !== null) throw invalid(entry, `is an odd spelling of ${url.hostname}; write that`)
  return match[2] === undefined ? url.hostname : `${url.hostname}:${parsePort(match[2], entry)}`
}

function parsePort(text: string, entry: string): number {
  const port = Number(text)
  if (port < 1 || port > 65_535) throw invalid(entry, 'has a port outside 1–65535')
  return port
}

function invalid(entry: string, what: string): Error {
  return new Error(
    `EGRESS_ALLOW: "${entry}" ${what}. Give hosts, host:port, addresses or CIDRs, separated by commas, ` +
      'e.g. EGRESS_ALLOW=crm.internal,localhost:8080,10.0.0.0/8',
  )
}
