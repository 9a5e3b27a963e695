import ipaddr from 'ipaddr.js'
import type { Context } from 'hono'

interface NodeBindings {
  incoming?: { socket?: { remoteAddress?: string } }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Told of whoever asks: the caller's address, of which `X-Forwarded-For` is believed where a trusted proxy wrote it. */
export type ClientAddress = (c: Context) => string

/**
 * Finds out who calls. Proxies on this machine are believed about whom they forward for, and so are those of `TRUSTED_PROXIES`: the last
 * entry of `X-Forwarded-For` that isn't a proxy's own is the caller. What stands before it anybody may have written.
 *
 * @param trusted addresses and networks, `10.0.0.0/8`
 * @param onDistrusted told once, of the first address that forwards for somebody and isn't believed: a proxy that nobody named, or a stranger
 * @throws Error naming an entry that is neither
 * Source: SPEC.md, section 12
 */
export function createClientAddress(
  trusted: readonly string[],
  onDistrusted: (address: string) => void = () => {},
): ClientAddress {
  let hasTold = false
  const networks = ['127.0.0.0/8', '::1/128', ...trusted].map(parseNetwork)
  const isProxy = (address: Address) =>
    networks.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits))
  return (c) => {
    const peer = (c.env as NodeBindings | undefined)?.incoming?.socket?.remoteAddress ?? '127.0.0.1'
    const peerAddress = parseAddress(peer)
    const forwarded = c.req.raw.headers.get('x-forwarded-for')
    if (peerAddress === null || !isProxy(peerAddress)) {
      if (forwarded !== null && !hasTold) {
        hasTold = true
        onDistrusted(peer)
      }
      return peer
    }
    const entries = (forwarded ?? '').split(',')
    let caller = peerAddress
    for (const entry of entries.reverse()) {
      const address = parseAddress(entry.trim())
      if (address === null) break
      caller = address
      if (!isProxy(address)) break
    }
    return caller.toString()
  }
}

/**
 * Whom an address is counted as: in IPv6 a household or a rented machine has 2⁶⁴ addresses, so their network counts as one.
 *
 * @returns an IPv4 address, `2001:db8:0:1::/64`, or what was given when it is neither
 */
export function networkOf(ip: string): string {
  const address = parseAddress(ip)
  if (address === null) return ip
  if (address instanceof ipaddr.IPv4) return address.toString()
  return `${new ipaddr.IPv6([...address.parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`
}

/** Some proxies write the port behind the address, and brackets around IPv6. */
function parseAddress(text: string): Address | null {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null
  return ipaddr.process(bare)
}

function parseNetwork(entry: string): [Address, number] {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry)
  const address = parseAddress(entry)
  if (address === null)
    throw new Error(`TRUSTED_PROXIES: "${entry}" is neither an address nor a network, such as 10.0.0.7 or 10.0.0.0/8.`)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
