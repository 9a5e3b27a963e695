import ipaddr from 'ipaddr.js'

/** Everything IANA has given to global unicast IPv6; the rest (compatible, NAT64, local, …) leads back inside. */
const GLOBAL_UNICAST_V6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Public by its range, and yet the inside of a cloud: Azure's wire server. */
const CLOUD_INTERNAL = new Set(['168.63.129.16'])

/**
 * Whether an address is one of the public internet. Anything not known to be public is not.
 *
 * @param address an IP address in any notation that `node:net` gives, e.g. `::ffff:10.0.0.1`
 * @returns false too for what isn't an address
 * Source: SPEC.md, section 11
 */
export function isPublicAddress(address: string): boolean {
  const ip = parseAddress(address)
  if (ip === null || ip.range() !== 'unicast') return false
  if (ip instanceof ipaddr.IPv6) return ip.zoneId === undefined && ip.match(GLOBAL_UNICAST_V6)
  return !CLOUD_INTERNAL.has(ip.toString())
}

/** An address with IPv4 in IPv6 unwrapped, or null. Unlike `inet_aton`, knows no short, octal or hexadecimal forms. */
export function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return null
  return ipaddr.process(address)
}
