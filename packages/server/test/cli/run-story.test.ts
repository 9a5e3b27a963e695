import type { Run, Step } from '@kantos/model'
import { expect, test } from 'vitest'
import { durationWords } from '../../src/cli/terminal/duration.ts'
import { clean, type Paint } from '../../src/cli/terminal/paint.ts'
import { createProgress } from '../../src/cli/terminal/progress.ts'
import { runStory } from '../../src/cli/terminal/run-story.ts'
import { stepOutcome, stepWords } from '../../src/cli/terminal/step-words.ts'

const plain: Paint = (_style, text) => text

const step = (part: Partial<Step>): Step => ({
  key: 'a_step',
  type: 'stop',
  path: 'actions/0',
  status: 'succeeded',
  attempt: 1,
  attempts: [],
  input: {},
  output: null,
  started_at: '2026-11-23T10:00:00.000Z',
  finished_at: '2026-11-23T10:00:00.000Z',
  duration_ms: 0,
  ...part,
})
const run = (part: Partial<Run>): Run => ({
  id: 'run_1',
  automation_id: 'auto_1',
  automation_name: 'Welcome a lead',
  version: 1,
  mode: 'live',
  status: 'succeeded',
  trigger: {
    event: 'record.created',
    event_id: 'evt_1',
    source: 'api',
    record_id: 'rec_1',
    object_id: 'obj_leads',
    actor: null,
    changes: null,
  },
  record_name: 'Ada Lovelace',
  conditions: { passed: true, match: 'all', rules: [] },
  steps: [],
  error: null,
  started_at: '2026-11-23T10:00:00.000Z',
  finished_at: '2026-11-23T10:00:01.500Z',
  duration_ms: 1_500,
  chain: { id: null, depth: 1, parent_run_id: null },
  retry_of: null,
  ...part,
})
const story = (part: Partial<Run>) => runStory(run(part), { paint: plain, width: 100 })

test('a run tells when, if and then, each with its outcome', () => {
  const rules = [
    { field: 'status', operator: 'equals' as const, expected: 'new', actual: 'new', passed: true },
    { field: 'score', operator: 'greater_than' as const, expected: 5, actual: 2, passed: false },
  ]
  const steps = [
    step({ key: 'mail', type: 'send_email', input: { to: ['ada@example.org'], subject: 'Hi' }, duration_ms: 12 }),
    step({
      key: 'note',
      type: 'update_record',
      path: 'actions/1/conditions/0/then/0',
      output: { changes: { status: { before: 'new', after: 'contacted' }, notes: { before: 'x', after: null } } },
    }),
  ]
  const lines = story({ conditions: { passed: false, match: 'any', rules }, steps })
  expect(lines.map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
    '✓ Welcome a lead succeeded in 1.5 s',
    'when created in leads · api',
    'if ✓ status is new',
    '✗ score is more than 5 it is 2',
    'then ✓ mail e-mail to ada@example.org: Hi 12 ms',
    '✓ note status: new → contacted, notes: x → – <1 ms',
  ])
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(100)
})

test('what failed says why, once', () => {
  const error = { code: 'EGRESS_REFUSED' as const, message: 'not a public address' }
  const failed = step({ type: 'webhook', status: 'failed', input: { method: 'POST', url: 'http://x' }, error })
  const text = story({ status: 'failed', steps: [failed], error: { ...error, step_key: 'a_step' } }).join('\n')
  expect(text.match(/EGRESS_REFUSED: not a public address/g)).toHaveLength(1)
  expect(story({ status: 'blocked', error: { code: 'LOOP', message: 'it is a loop' } }).join('\n')).toContain(
    'LOOP: it is a loop',
  )
})

test.each<[Partial<Step>, string]>([
  [{ type: 'webhook', input: { method: 'PUT', url: 'http://x/y' }, output: { status: 204 } }, 'PUT http://x/y → 204'],
  [{ type: 'create_record', input: { object_definition_id: 'tasks', data: { title: 'Call' } } }, 'tasks: Call'],
  [{ type: 'update_record', output: { changes: {} } }, 'nothing to change'],
  [{ type: 'delete_record', input: { record_id: 'rec_1' } }, 'rec_1'],
  [{ type: 'find_records', input: { object: 'leads' }, output: { count: 3 } }, '3 found in leads'],
  [{ type: 'for_each', output: { count: 2 } }, '2 items'],
  [{ type: 'wait', input: { duration: 2, unit: 'days' } }, 'wait 2 days'],
  [{ type: 'wait', input: { duration: 2, unit: 'hours', business_hours: true } }, 'wait 2 hours of business hours'],
  [
    {
      type: 'wait',
      input: { event: 'field.changed', field: 'stage', to: 'Won', timeout: { duration: 5, unit: 'days' } },
    },
    'wait for a change of stage to "Won", at most 5 days',
  ],
  [{ type: 'branch', input: { conditions: [] }, output: { taken: null } }, 'no way holds'],
  [{ type: 'branch', input: { conditions: [] }, output: { taken: 'conditions/1/else' } }, 'else'],
  [{ type: 'stop', input: { reason: 'enough' } }, 'stop: enough'],
  [{ type: 'send_email', input: { truncated: true, size: 70_000, preview: '{"to"' } }, 'e-mail to –: –'],
])('%j reads %s', (part, words) => {
  expect(stepWords(step(part))).toBe(words)
})

test.each<[Partial<Step>, string]>([
  [{ status: 'not_sent' }, 'not sent: test mode'],
  [{ type: 'wait', status: 'waiting', resume_at: '2026-11-24T10:00:00.000Z' }, 'until 2026-11-24 10:00:00Z'],
  [{ status: 'skipped' }, 'skipped'],
  [
    { type: 'wait', status: 'skipped', output: { until: '2026-11-24T10:00:00.000Z' } },
    'skipped: it would end at 2026-11-24 10:00:00Z',
  ],
  [
    { type: 'wait', status: 'skipped', output: { until: '2026-11-24T10:00:00.000Z', event: 'record.updated' } },
    'skipped: its time would be up at 2026-11-24 10:00:00Z',
  ],
  [
    { type: 'wait', status: 'skipped', output: { until: '2020-01-01T00:00:00.000Z', past: true } },
    'skipped: 2020-01-01 00:00:00Z has passed',
  ],
  [
    {
      status: 'retrying',
      resume_at: '2026-11-23T10:01:00.000Z',
      attempts: [{ attempt: 1, started_at: '', finished_at: '', error: { code: 'NETWORK', message: 'refused' } }],
    },
    'attempt 1 failed (NETWORK: refused); again at 2026-11-23 10:01:00Z',
  ],
])('a step that is %j says so', (part, words) => {
  expect(stepOutcome(step(part))).toBe(words)
})

test('what others wrote can’t steer the terminal', () => {
  const nasty = '\u001b[31mred\u001b]0;title\u0007\r\nnext\u202eback'
  const text = story({
    automation_name: nasty,
    conditions: {
      passed: true,
      match: 'all',
      rules: [{ field: nasty, operator: 'equals', expected: nasty, actual: nasty, passed: false, why: nasty }],
    },
    steps: [step({ key: nasty, type: 'send_email', input: { to: [nasty], subject: nasty } })],
    error: { code: 'INTERNAL', message: nasty },
  } as Partial<Run>).join('|')
  expect(text).toMatch(/^[^\p{Cc}\u202e]*$/u)
  expect(clean('a'.repeat(10), 4)).toBe('aaa…')
})

test.each([
  [0, '<1 ms'],
  [12.4, '12 ms'],
  [1_234, '1.2 s'],
  [90_000, '1 min 30 s'],
  [7_200_000, '2 h'],
  [90_000_000, '1 d 1 h'],
])('%d ms reads %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words)
})

test('progress is a bar in a terminal and silent for short work elsewhere', () => {
  const written: string[] = []
  const stream = (isTTY: boolean) => ({ isTTY, write: (text: string) => written.push(text) > 0 })
  createProgress(stream(true) as never).show(50, 100)
  expect(written.join('')).toContain('50 %  50 of 100')
  written.length = 0
  createProgress(stream(false) as never).show(50, 100)
  expect(written).toEqual([])
})
