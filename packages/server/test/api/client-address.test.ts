import type { Context } from 'hono'
import { expect, test } from 'vitest'
import { createClientAddress, networkOf } from '../../src/api/client-address.ts'

const asked = (peer: string | undefined, forwarded: string | null) =>
  ({
    env: peer === undefined ? undefined : { incoming: { socket: { remoteAddress: peer } } },
    req: { raw: new Request('http://x', forwarded === null ? {} : { headers: { 'x-forwarded-for': forwarded } }) },
  }) as unknown as Context

test.each<[string, string[], string, string | null, string]>([
  ['who comes directly is taken at the socket’s word', [], '203.0.113.7', null, '203.0.113.7'],
  ['whatever a stranger claims', [], '203.0.113.7', '198.51.100.1', '203.0.113.7'],
  ['a proxy on this machine is believed', [], '127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['also over IPv6', [], '::1', '2001:db8::7', '2001:db8::7'],
  ['and over IPv4 in IPv6', [], '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['about its own entry alone, the last', [], '127.0.0.1', '10.0.0.1, 198.51.100.9, 198.51.100.1', '198.51.100.1'],
  ['a proxy elsewhere isn’t, unless the operator names it', [], '10.0.0.7', '198.51.100.1', '10.0.0.7'],
  ['by its network', ['10.0.0.0/8'], '10.0.0.7', '198.51.100.1', '198.51.100.1'],
  ['by its address', ['10.0.0.7'], '::ffff:10.0.0.7', '198.51.100.1', '198.51.100.1'],
  [
    'a chain of proxies leads to the first that is none',
    ['10.0.0.0/8'],
    '127.0.0.1',
    '192.0.2.1, 198.51.100.1, 10.0.0.9, 10.0.0.8',
    '198.51.100.1',
  ],
  ['a chain of proxies alone leads to the outermost', ['10.0.0.0/8'], '127.0.0.1', '10.0.0.9', '10.0.0.9'],
  ['a port behind it is left out', [], '127.0.0.1', '198.51.100.1:50123', '198.51.100.1'],
  ['in IPv6 too', [], '127.0.0.1', '[2001:db8::7]:50123', '2001:db8::7'],
  ['what is no address is the proxy’s own', [], '127.0.0.1', 'unknown', '127.0.0.1'],
  ['no header at all too', [], '127.0.0.1', null, '127.0.0.1'],
])('%s', (_, trusted, peer, forwarded, expected) => {
  expect(createClientAddress(trusted)(asked(peer, forwarded))).toBe(expected)
})

test('a proxy that nobody named is told of, once', () => {
  const told: string[] = []
  const addressOf = createClientAddress([], (address) => void told.push(address))
  for (const [peer, forwarded] of [
    ['127.0.0.1', '198.51.100.1'],
    ['172.18.0.1', null],
    ['172.18.0.1', '198.51.100.1'],
    ['172.18.0.2', '198.51.100.1'],
  ] as const)
    addressOf(asked(peer, forwarded))
  expect(told).toEqual(['172.18.0.1'])
})

test.each(['nonsense', '10.0.0.0/33', 'proxy.internal'])('TRUSTED_PROXIES=%s is refused by name', (entry) => {
  expect(() => createClientAddress([entry])).toThrow(`TRUSTED_PROXIES: "${entry}"`)
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['nowhere', 'nowhere'],
])('%s is counted as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network)
})
