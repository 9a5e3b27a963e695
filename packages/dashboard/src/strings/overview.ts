import type { Alert, Overview } from '@kantos/model'
import { duration, number } from '../lib/time.ts'

const runs = (count: number): string => (count === 1 ? '1 run' : `${number(count)} runs`)
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 })
type Counted = Overview['backlog']['due']

/** The words of the overview. */
export const overviewStrings = {
  title: 'Overview',
  quiet: 'Everything is well.',
  quietText: ({ counting, last_24_hours: { runs: count } }: Pick<Overview, 'counting' | 'last_24_hours'>) =>
    counting
      ? 'The latest runs are still being counted.'
      : count === 0
        ? 'No run in the last 24 hours.'
        : `${runs(count)} in the last 24 hours, and none failed.`,
  looks: {
    failures: (failed: number) => `${runs(failed)} failed in the last 24 hours`,
    silent: (count: number) => (count === 1 ? 'an automation fell silent' : `${number(count)} automations fell silent`),
    overdue: (count: number) => (count === 1 ? 'a schedule was missed' : `${number(count)} schedules were missed`),
    paused: (count: number) =>
      count === 1 ? 'an automation was turned off' : `${number(count)} automations were turned off`,
    behind: (seconds: number) => `runs have waited ${duration(seconds * 1000)} for their turn`,
  },
  chart: 'Runs in the last 24 hours',
  chartLabel: (all: number, failed: number) =>
    `Runs by hour in the last 24 hours: ${number(all)} in all, ${number(failed)} failed`,
  hour: (time: string, all: number, failed: number) =>
    `${time}: ${runs(all)}${failed === 0 ? '' : `, ${number(failed)} failed`}`,
  now: 'now',
  figures: {
    runs: 'Runs',
    runsText: (counting: boolean) => (counting ? 'in the last 24 hours, still being counted' : 'in the last 24 hours'),
    errors: 'Error rate',
    before: ({ counting, last_24_hours: day, week_before: { error_rate: rate } }: Overview) =>
      counting && day.error_rate === null
        ? 'told once the runs are counted'
        : rate === null
          ? 'no runs in the week before'
          : `${percent.format(rate)} the week before`,
    due: 'Due now',
    dueText: (seconds: number) =>
      seconds < 1 ? 'nothing has waited long' : `the first for ${duration(seconds * 1000)}`,
    waiting: 'Waiting',
    waitingText: 'for a time, an event or a retry',
  },
  rate: (rate: number | null) => (rate === null ? '–' : percent.format(rate)),
  counted: ({ count, capped }: Counted) => `${number(count)}${capped ? '+' : ''}`,
  causes: 'Failures of the last 24 hours',
  allCauses: 'All failures by cause',
  attention: 'Automations that need a look',
  paused: 'Turned off, since all its last runs failed.',
  failedRun: 'The last of them',
  alerts: 'Recent alerts',
  noAlerts: 'None yet.',
  alert: {
    failing: (count: number | null) => (count === null ? 'Runs failed' : `${runs(count)} failed`),
    paused: () => 'Turned off',
    silent: () => 'Fell silent',
    overdue: () => 'Schedule missed',
  } satisfies Record<Alert['kind'], (count: number | null) => string>,
  delivery: {
    pending: 'about to be sent',
    sent: 'sent',
    captured: 'in the outbox',
    failed: 'could not be sent',
    off: 'nobody to tell',
  },
  byMail: (how: string) => `E-mail: ${how}`,
  byWebhook: (how: string) => `webhook: ${how}`,
  change: 'Who gets them',
  first: {
    title: 'Nothing is automated yet',
    text: 'Pick a recipe: it is filled in for you, and you can try it before you turn it on. What it does is watched here.',
    recipes: 'Look at the recipes',
  },
} as const
