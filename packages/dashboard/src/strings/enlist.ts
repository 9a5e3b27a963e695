import { number } from '../lib/time.ts'

const records = (count: number): string => (count === 1 ? '1 record' : `${number(count)} records`)

/** The words of running an automation on existing records. */
export const enlistStrings = {
  title: 'Run on existing records',
  back: (name: string) => `Back to ${name}`,
  intro: (name: string) =>
    `“${name}” runs once on each record that you choose here. Its conditions apply, and so does how often it takes a record.`,
  which: 'Which records',
  all: 'All records. Add a filter to narrow them down.',
  matches: (count: number, capped: boolean) => `${records(count)}${capped ? ' or more' : ''} match`,
  enrolled: (count: number) =>
    count === 1
      ? 'One of them was taken before and is skipped'
      : `${number(count)} of them were taken before and are skipped`,
  sample: 'Such as',
  counting: 'Counting…',
  how: 'How fast',
  pace: 'Pace',
  fast: 'As fast as other work allows',
  slow: 'At most so many a minute',
  perMinute: 'Records a minute',
  most: 'At most so many records, the oldest first',
  mostHint: 'Leave it empty for all',
  takes: (words: string) => `It takes about ${words}.`,
  /** before it is known how many there are */
  submitUnknown: 'Run',
  submit: (count: number, capped: boolean) => (capped ? 'Run on all of them' : `Run on ${records(count)}`),
  sureTitle: (count: number, capped: boolean) =>
    capped ? `Run on more than ${records(count)}?` : `Run on ${records(count)}?`,
  sureText: 'E-mails and webhooks are sent for each record whose conditions hold. You can stop it on the way.',
  testText: 'The automation is in test mode: nothing is sent.',
  sure: 'Run',
  started: 'It is on its way.',
  notAllowed: 'Only editors start it; here is how it went so far.',
  off: 'This automation is off',
  offText: 'Turn it on first; then it can run on the records that are there.',
  noRecords: 'This automation isn’t about records',
  noRecordsText: 'Only what starts from a record, or from a schedule for each record, can run on those that are there.',
  open: 'Open the automation',
  past: 'So far',
  none: 'It was never run on existing records.',
  status: { running: 'On its way', done: 'Done', cancelled: 'Stopped', failed: 'Failed' },
  progress: (started: number, total: number | null) =>
    total === null ? `${records(started)} so far` : `${number(started)} of ${records(total)}`,
  of: (name: string) => `How far it is: ${name}`,
  outcomes: {
    succeeded: (count: number) => `${number(count)} succeeded`,
    skipped: (count: number) => `${number(count)} skipped`,
    failed: (count: number) => `${number(count)} failed`,
    cancelled: (count: number) => `${number(count)} cancelled`,
  },
  stop: 'Stop',
  stopTitle: 'Stop it?',
  stopText: 'Records that were not taken up yet stay as they are. Runs under way go on.',
  keep: 'Let it go on',
  stopped: 'It was stopped.',
  everything: 'All records',
  filtered: 'With a filter',
} as const
