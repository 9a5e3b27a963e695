import { type Action, type Client, createObjectRoute, updateSettings } from '@kantos/model'
import { persist } from './installation.ts'
import { make, type Probe, QUICK_RETRIES } from './probe.ts'

/** How long runs wait for an answer, and how long they stay, in seconds. */
export const ANSWER_SECONDS = 4
const STAY_SECONDS = 4

/** Counters of a case: each is raised by the step of the same name alone. */
export const COUNTERS = ['asked', 'entered', 'passed', 'firsts', 'alone', 'mended', 'reached'] as const

const ALL_DAY: [string, string][] = [['00:00', '24:00']]
const WEEK = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** The object of the load's second half, and opening hours without a pause, so that a wait of seconds in them is over in seconds. */
export async function makeCases(client: Client): Promise<void> {
  const fields = [
    { slug: 'name', name: 'Name', type: 'text', required: true },
    { slug: 'state', name: 'State', type: 'text' },
    { slug: 'due', name: 'Due', type: 'datetime' },
    { slug: 'review', name: 'Review', type: 'date' },
    ...COUNTERS.map((slug) => ({ slug, name: slug, type: 'number' })),
  ]
  await persist(() =>
    client.call(
      createObjectRoute,
      { body: { name: 'Cases', slug: 'cases', fields } as never },
      { idempotencyKey: 'object-cases' },
    ),
  )
  const days = Object.fromEntries(WEEK.map((day) => [day, ALL_DAY]))
  await persist(() => client.call(updateSettings, { body: { business_hours: { days } } as never }))
}

/**
 * Probes of what a run can wait for, what ends it from outside, what takes a record once, what goes on after a failure, and of the loops
 * that start runs: dates and runs on existing records.
 */
export function caseProbes(receiverUrl: string): Record<string, Probe> {
  const add = (counter: (typeof COUNTERS)[number]) => make.update(counter, { [counter]: `{{record.${counter} + 1}}` })
  const { task, wait } = make
  const created = { event: 'record.created', object: 'cases' } as const
  const changed = { event: 'field.changed', object: 'cases', field: 'state' } as const
  return {
    answer: {
      trigger: created,
      actions: [
        add('asked'),
        {
          type: 'wait',
          key: 'answer',
          config: {
            event: 'field.changed',
            field: 'state',
            timeout: { duration: ANSWER_SECONDS, unit: 'seconds' },
            on_timeout: 'continue',
          },
        },
        task('noted'),
      ],
      order: ['asked', 'answer', 'noted'],
    },
    leave: {
      trigger: created,
      also: { exit: { match: 'all', rules: [{ field: 'state', operator: 'equals', value: 'closed' }] } },
      actions: [
        add('entered'),
        {
          type: 'wait',
          key: 'stay',
          config: { duration: STAY_SECONDS, unit: 'seconds', business_hours: true },
        },
        add('passed'),
        task('stayed'),
      ],
      order: ['entered', 'stay', 'passed', 'stayed'],
      mayEnd: 'EXITED',
    },
    first: {
      trigger: changed,
      also: { enrolment: 'once_per_record' },
      actions: [add('firsts'), make.call('call', receiverUrl)],
      order: ['firsts', 'call'],
      mayEnd: 'ALREADY_ENROLLED',
    },
    alone: {
      trigger: changed,
      also: { enrolment: 'not_while_running' },
      actions: [add('alone'), wait('pause', 1), task('done')],
      order: ['alone', 'pause', 'done'],
      mayEnd: 'ALREADY_ENROLLED',
    },
    mend: {
      trigger: created,
      actions: [
        {
          type: 'webhook',
          key: 'refused',
          config: {
            url: `${receiverUrl}refuse`,
            body: '{{run.id}} refused',
            retry: { ...QUICK_RETRIES, on: 'transient' },
          },
          on_error: { actions: [add('mended'), task('sorry')] },
        },
        task('after'),
      ] as Action[],
      order: ['refused', 'mended', 'sorry', 'after'],
    },
    dated: {
      trigger: { event: 'date.reached', object: 'cases', field: 'due' },
      actions: [add('reached'), task('due')],
      order: ['reached', 'due'],
    },
    // switched off and on again all the time: what is there is gone through each time
    filled: {
      trigger: { event: 'date.reached', object: 'cases', field: 'review', timezone: 'UTC' },
      actions: [task('never')],
      order: ['never'],
    },
    listed: {
      trigger: { event: 'manual', object: 'deals' },
      actions: [task('listed'), make.call('call', receiverUrl)],
      order: ['listed', 'call'],
    },
  }
}
