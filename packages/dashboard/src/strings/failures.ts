import { number } from '../lib/time.ts'

/** The words of the failures by cause. */
export const failureStrings = {
  label: 'Failures by cause',
  time: 'Time',
  times: { day: 'Last 24 hours', week: 'Last 7 days', month: 'Last 30 days' },
  between: 'Between two steps',
  runs: (count: number, more: boolean) => `${number(count)}${more ? '+' : ''} ${count === 1 ? 'run' : 'runs'}`,
  retried: (count: number) => `${number(count)} retried`,
  allRetried: 'All retried',
  gone: 'Automation deleted',
  kinds: { transient: 'May pass by itself', permanent: 'Needs a change' },
  kindHints: {
    transient: 'Such as a network error or a receiver that is down: retry when it works again.',
    permanent: 'It fails again until somebody changes something.',
  },
  first: 'First',
  last: 'Last',
  retryAll: (count: number, more: boolean) =>
    more ? 'Retry all' : count === 1 ? 'Retry it' : `Retry all ${number(count)}`,
  retryTitle: (count: number, more: boolean) =>
    `Retry ${more ? 'more than ' : ''}${count === 1 ? 'the failed run' : `${number(count)} failed runs`}?`,
  retryText: 'Each goes on at its failed step, in a new run. Those that were retried before are left out.',
  submit: 'Retry',
  open: 'Its runs',
  allRuns: 'Show them in the list of runs',
  capped: 'The 100 causes that occurred last are shown.',
  empty: { title: 'Nothing failed', text: 'Failed runs appear here, those of one cause together.' },
} as const
