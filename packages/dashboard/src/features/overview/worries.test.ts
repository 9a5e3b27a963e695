import type { Overview } from '@kantos/model'
import { expect, test } from 'vitest'
import { worriesOf } from './worries.ts'

const none = { count: 0, capped: false }
const well: Overview = {
  at: '2026-11-23T15:00:00.000Z',
  counted_to: '2026-11-23T15:00:00.000Z',
  counting: false,
  on_hold: false,
  backlog: { due: none, oldest_due_seconds: 2, events: none, oldest_event_seconds: 0, waiting: none },
  hours: [],
  last_24_hours: { runs: 40, failed: 0, error_rate: 0 },
  week_before: { runs: 280, failed: 2, error_rate: 0.007 },
  causes: [],
  silent: [],
  overdue: [],
  paused: [],
  alerts: [],
}

test('a workspace that is well has no worries', () => {
  expect(worriesOf(well)).toEqual([])
})

test('failures, silence and a backlog are told in this order', () => {
  const automation = { automation_id: 'auto_1', automation_name: 'Welcome' }
  const worries = worriesOf({
    ...well,
    backlog: { ...well.backlog, oldest_event_seconds: 600 },
    last_24_hours: { runs: 40, failed: 38, error_rate: 0.95 },
    silent: [{ ...automation, since: well.at, per_day: 40, last_run_id: null }],
  })
  expect(worries).toEqual([
    '38 runs failed in the last 24 hours',
    'an automation fell silent',
    'runs have waited 10 min for their turn',
  ])
})

test('on hold it is no worry that everything waits', () => {
  expect(worriesOf({ ...well, on_hold: true, backlog: { ...well.backlog, oldest_due_seconds: 9000 } })).toEqual([])
})
