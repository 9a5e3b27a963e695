import { type ErrorKind, errorKind, publicId, type Run, type RunErrorCode } from '@kantos/model'
import type { AlertKind } from './alert.ts'
import type { CountedCause } from './pause-causes.ts'

/** What an alert tells of. */
export interface Told {
  kind: AlertKind
  automation: { id: string; name: string }
  /** null: the installation has one workspace */
  workspace: string | null
  since: Date
  at: Date
  /** failures */
  runs: number
  /** runs a day, of a silence */
  perDay: number
  run: Run | null
  /** of a pause: what the runs failed of */
  causes: readonly CountedCause[]
  publicUrl: string
}

/** What to do about a failure, where its code tells. */
const ADVICE: Partial<Record<RunErrorCode, string>> = {
  INVALID_ADDRESS: 'Correct the address in the record, or in the action that names it, then retry the run.',
  NO_RECIPIENT: 'Fill in the field that the recipient is taken from, then retry the run.',
  TEMPLATE_NOT_FOUND: 'Choose another e-mail template in the action, then retry the runs on the newest version.',
  SECRET_NOT_FOUND: 'Add the secret under Settings, then retry the runs.',
  EGRESS_REFUSED:
    'Correct the URL or the header that the message names, or have the operator allow a private address (EGRESS_ALLOW); then retry the runs.',
  WEBHOOK_FAILED: 'Ask whoever runs the receiver, or correct the request; then retry the runs.',
  SMTP_REFUSED: 'Look at the mail server’s answer: it doesn’t want this message. Then retry the runs.',
  SMTP_UNAVAILABLE: 'Look at the mail server and at SMTP_URL; then retry the runs.',
  EXPRESSION: 'Correct the expression in the action, then retry the runs on the newest version.',
  DOUBTFUL: 'Ask the receiver whether it came, before you retry the run.',
}
const BY_KIND: Record<ErrorKind, string> = {
  transient: 'It may pass by itself. Retry the runs once it has.',
  permanent: 'It stays until somebody changes the automation or the record. Then retry the runs.',
}

export interface AlertWords {
  subject: string
  text: string
}

/** The subject and the text of an alert. Source: SPEC.md, section 9 */
export function alertWords(told: Told): AlertWords {
  const { automation, workspace, publicUrl } = told
  const name = `“${automation.name.replace(/\p{Cc}+/gu, ' ').trim()}”`
  const { subject, lines } = { failing, paused, silent, overdue }[told.kind](told, name)
  const last = [
    `The automation: ${publicUrl}/automations/${publicId('automation', automation.id)}`,
    ...(workspace === null ? [] : [`The workspace: ${workspace}`]),
    '',
    settingsLine(publicUrl),
  ]
  return { subject, text: [...lines, '', ...last, ''].join('\n') }
}

/** What a test alert says. @param asked who asked for it */
export function testWords(asked: string, publicUrl: string): AlertWords {
  const lines = [
    `${asked} asked for this test alert. Nothing has failed.`,
    'When runs fail, an automation is paused or falls silent, a message comes the way this one did.',
    '',
    settingsLine(publicUrl),
    '',
  ]
  return { subject: 'Test alert: nothing has failed', text: lines.join('\n') }
}

const settingsLine = (publicUrl: string) =>
  `Who gets this, and when, is said in the settings: ${publicUrl}/settings/alerts`

interface Words {
  subject: string
  lines: string[]
}

function failing(told: Told, name: string): Words {
  const { runs, run } = told
  const times = runs === 1 ? 'failed' : `failed ${runs} times`
  return {
    subject: `${name} ${times}`,
    lines: [
      runs === 1
        ? `The automation ${name} failed on ${moment(told.since)}.`
        : `The automation ${name} failed ${runs} times since ${moment(told.since)}, each time for this cause.`,
      '',
      ...failureOf(told, run),
      '',
      'There is at most one message an hour for each cause; the next one counts what failed since.',
    ],
  }
}

function paused(told: Told, name: string): Words {
  return {
    subject: `${name} was paused: its last ${told.runs} runs failed`,
    lines: [
      `The automation ${name} was deactivated on ${moment(told.at)}, since its last ${told.runs} runs all failed.`,
      'It starts no more runs until somebody activates it again.',
      ...(told.causes.length < 2 ? [] : ['', 'What they failed of:', ...told.causes.map(causeLine)]),
      '',
      ...failureOf(told, told.run),
    ],
  }
}

function causeLine({ runs, newest: { error, steps } }: CountedCause): string {
  const key = error?.step_key
  const name = steps.findLast((one) => one.key === key && one.status === 'failed')?.name ?? key
  const where = key === undefined ? 'between its steps' : `at step “${name}”`
  return `- ${runs === 1 ? 'once' : `${runs} times`} ${where}: ${error?.message} (${error?.code})`
}

function silent({ since, at, perDay, run, publicUrl }: Told, name: string): Words {
  const usual = perDay >= 10 ? String(Math.round(perDay)) : perDay.toFixed(1).replace(/\.0$/, '')
  const hours = Math.floor((at.getTime() - since.getTime()) / 3_600_000)
  return {
    subject: `${name} is silent: nothing for ${hours} hours`,
    lines: [
      `The automation ${name} usually runs ${usual} times a day. It has not run for ${hours} hours, since ${moment(since)}.`,
      '',
      'What to do: see whether what it listens to still happens, and whether its conditions still hold. If all is well, do nothing:',
      'there is one message for a silence, and a run ends it.',
      ...(run === null ? [] : ['', `Its last run: ${runUrl(publicUrl, run)}`]),
    ],
  }
}

function overdue({ since }: Told, name: string): Words {
  return {
    subject: `${name} missed its schedule`,
    lines: [
      `The automation ${name} was to start on ${moment(since)}, and nobody has taken that up yet.`,
      '',
      'What to do: see whether a worker runs (kantos serve, or kantos worker) and reaches the database.',
    ],
  }
}

function failureOf({ publicUrl }: Told, run: Run | null): string[] {
  if (run === null || run.error === null) return ['The run is no longer in the log.']
  const { code, message, step_key: key } = run.error
  const step = run.steps.findLast((one) => one.key === key && one.status === 'failed')
  const kind = run.error.kind ?? errorKind(code)
  const where = [
    key === undefined
      ? 'between its steps'
      : `step “${step?.name ?? key}”${step === undefined ? '' : ` (${step.type})`}`,
    ...(run.record_name === null ? [] : [`for “${run.record_name}”`]),
  ]
  const advice = ADVICE[code] ?? BY_KIND[kind]
  return [
    `Where: ${where.join(', ')}`,
    `Why: ${message} (${code})`,
    `What to do: ${kind === 'transient' && ADVICE[code] !== undefined ? `It may pass by itself. If not: ${advice}` : advice}`,
    '',
    `The newest of these runs: ${runUrl(publicUrl, run)}`,
  ]
}

const runUrl = (publicUrl: string, run: Run) => `${publicUrl}/runs/${run.id}`

/** `23 Nov 2026, 14:05 UTC` */
function moment(at: Date): string {
  const options = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' } as const
  return `${at.toLocaleString('en-GB', { ...options, timeZone: 'UTC' })} UTC`
}
