import { expect, test } from 'vitest'
import { type Enrolment, remembers, whyNotEnrolled } from './enrolment.ts'
import { type Listener, matchEvent } from './match.ts'

const at = (text: string) => Date.parse(text)
const LAST = at('2026-03-03T14:05:06.789Z')

test.each<[Enrolment | undefined, string, string | null]>([
  [undefined, '2026-03-03T14:05:07Z', null],
  ['not_while_running', '2026-03-03T14:05:07Z', null],
  [
    'once_per_record',
    '2036-03-03T00:00:00Z',
    'Already enrolled on 3 March 2026: this automation takes each record once.',
  ],
  [
    { once_per: { days: 30 } },
    '2026-04-02T14:05:06.788Z',
    'Already enrolled on 3 March 2026: it can be enrolled again from 2 April 2026, 14:05 UTC.',
  ],
  [{ once_per: { days: 30 } }, '2026-04-02T14:05:06.789Z', null],
  [{ once_per: { days: 1 } }, '2026-03-05T00:00:00Z', null],
])('%j at %s says %s', (rule, now, why) => {
  expect(whyNotEnrolled(rule, LAST, at(now))).toBe(why)
})

test('the rules that go by earlier enrolments remember', () => {
  const rules: (Enrolment | undefined)[] = [
    undefined,
    'every_time',
    'not_while_running',
    'once_per_record',
    { once_per: { days: 1 } },
  ]
  expect(rules.map(remembers)).toEqual([false, false, false, true, true])
})

test('what an import brings doesn’t start an automation that leaves imports out; all else does', () => {
  const listener: Listener = {
    id: 'a',
    trigger: { event: 'record.created', object: 'leads' },
    status: 'active',
    activatedAt: new Date(0),
    onImport: 'skip',
  }
  const event = (source: 'import' | 'api' | 'automation') => ({
    id: 'e',
    workspaceId: 'w',
    type: 'record.created' as const,
    object: 'leads',
    recordId: 'r',
    at: new Date(1),
    source,
    actor: null,
    lane: 2 as const,
    automationId: null,
    changes: null,
    after: {},
    payload: null,
    chain: { id: 'e', depth: 0, path: [] },
  })
  expect(matchEvent(event('import'), listener)).toEqual({
    matches: false,
    why: 'it leaves out what an import brings',
  })
  expect(matchEvent(event('api'), listener).matches).toBe(true)
  expect(matchEvent(event('automation'), listener).matches).toBe(true)
  expect(matchEvent(event('import'), { ...listener, onImport: undefined }).matches).toBe(true)
})
