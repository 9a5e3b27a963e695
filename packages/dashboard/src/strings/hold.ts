import { MOST_COUNTED } from '@kantos/model'

const counted = (count: number, one: string, many: string) =>
  `${count >= MOST_COUNTED ? `${MOST_COUNTED.toLocaleString('en')} or more` : count.toLocaleString('en')} ${count === 1 ? one : many}`

/** Words of what stands still. */
export const holdStrings = {
  restored: 'This is a restored backup, on hold.',
  held: 'Everything is on hold.',
  means: 'No run starts or goes on, and nothing is sent.',
  waiting: ({ runs, events }: { runs: number; events: number }) =>
    runs + events === 0
      ? 'Nothing is waiting.'
      : `${counted(runs, 'run', 'runs')} and ${counted(events, 'event', 'events')} are waiting.`,
  release: 'Release…',
  title: 'Let everything go on?',
  choose: 'What was under way before the hold',
  continue: 'Goes on',
  continueText: 'Runs that waited go on, and what was about to be sent is sent.',
  cancel: 'Is cancelled',
  cancelText: 'Those runs end as cancelled, and events from before the hold start none.',
  restoredText: 'If the old installation went on after the backup was made, it may have sent these already.',
  schedules: 'Schedules make up for missed times as each of them says.',
  confirm: 'Release',
  cancelled: (runs: number) => `Everything goes on. ${counted(runs, 'run was', 'runs were')} cancelled.`,
  released: 'Everything goes on.',
  section: 'Stop everything',
  sectionText:
    'On hold, no run starts or goes on, no schedule ticks and nothing is sent. Records can be changed; what they start begins with the release.',
  note: 'Why (others read it)',
  put: 'Put on hold',
  isHeld: 'Everything is on hold. Release it in the line on top of the page.',
} as const
