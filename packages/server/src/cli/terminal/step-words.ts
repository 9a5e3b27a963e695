import { type ActionType, awaitedWords, type Run, type Step } from '@kantos/model'
import { clean } from './paint.ts'
import { ruleWords } from './rule-words.ts'
import { valueWords } from './value-words.ts'

type Payload = Readonly<Record<string, unknown>>

/** Payloads of the log may be cut, or absent: then nothing is known of them. */
function payload(value: unknown): Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : {}
}

const WORDS: Record<ActionType, (input: Payload, output: Payload, step: Step) => string> = {
  send_email: (input) => `e-mail to ${valueWords(input.to)}: ${valueWords(input.subject, 70)}`,
  webhook: (input, output) =>
    `${valueWords(input.method)} ${valueWords(input.url, 70)}${output.status === undefined ? '' : ` → ${valueWords(output.status)}`}`,
  update_record: (_input, output) => changeWords(payload(output.changes)),
  create_record: (input, output) => {
    const data = payload(input.data)
    const title = output.name ?? output.title ?? data.name ?? data.title
    return `${valueWords(input.object_definition_id)}${title === undefined ? '' : `: ${valueWords(title, 70)}`}`
  },
  delete_record: (input) => valueWords(input.record_id),
  find_records: (input, output) =>
    `${valueWords(output.count ?? 0)} found in ${valueWords(input.object ?? 'the object')}`,
  for_each: (input, output) => `${valueWords(output.count ?? input.count ?? listLength(input.items))} items`,
  wait: (input, _output, step) => waitWords(input, step),
  branch: (input, output) => branchWords(input, output),
  stop: (input) => (input.reason === undefined ? 'stop' : `stop: ${valueWords(input.reason, 70)}`),
}

/** What a step did, on one line. @returns text of a person's log, without colours and control characters */
export function stepWords(step: Step): string {
  return WORDS[step.type](payload(step.input), payload(step.output), step)
}

/** How a step ended, where that isn't simply well; empty otherwise. @param mode of its run */
export function stepOutcome(step: Step, mode: Run['mode'] = 'live'): string {
  const { status, error, resume_at: resumeAt } = step
  const said = error === undefined ? '' : `${error.code}: ${clean(error.message, 300)}`
  if (status === 'not_sent') return mode === 'dry_run' ? 'not sent' : 'not sent: test mode'
  if (status === 'retrying') {
    const last = step.attempts.at(-1)?.error
    const why = last === undefined ? said : `${last.code}: ${clean(last.message, 200)}`
    return `attempt ${step.attempts.length} failed (${why}); again at ${valueWords(resumeAt)}`
  }
  if (status === 'waiting' && step.type === 'wait') return `until ${valueWords(resumeAt)}`
  if (status === 'skipped') return step.type === 'wait' ? skippedWait(payload(step.output)) : 'skipped'
  if (status === 'cancelled') return 'cancelled'
  return status === 'failed' ? [said, error?.no_retry ?? ''].filter((words) => words !== '').join(' ') : ''
}

function changeWords(changes: Payload): string {
  const all = Object.entries(changes)
  if (all.length === 0) return 'nothing to change'
  return all
    .map(([slug, change]) => `${slug}: ${valueWords(payload(change).before)} → ${valueWords(payload(change).after)}`)
    .join(', ')
}

function waitWords(input: Payload, step: Step): string {
  const hours = input.business_hours === true ? ' of business hours' : ''
  if (typeof input.event === 'string') {
    const { duration, unit } = payload(input.timeout)
    const what = awaitedWords(input as unknown as Parameters<typeof awaitedWords>[0])
    const most = `at most ${valueWords(duration)} ${valueWords(unit)}${hours}`
    return `wait for ${clean(what.charAt(0).toLowerCase() + what.slice(1), 70)}, ${most}`
  }
  if (input.duration !== undefined) return `wait ${valueWords(input.duration)} ${valueWords(input.unit)}${hours}`
  return `wait until ${valueWords(input.until ?? step.resume_at)}${hours === '' ? '' : ', in business hours'}`
}

/** A wait whose date had passed, or one of a test or a dry run: what it waits for is taken to happen. */
function skippedWait({ until, past, event }: Payload): string {
  if (until === undefined) return 'skipped'
  if (past === true) return `skipped: ${valueWords(until)} has passed`
  return `skipped: ${event === undefined ? 'it would end' : 'its time would be up'} at ${valueWords(until)}`
}

/** The first way whose rules held, with why; or that none did. */
function branchWords(input: Payload, output: Payload): string {
  const arms = Array.isArray(input.conditions) ? input.conditions.map(payload) : []
  const taken = /^conditions\/(\d+)\/(then|else)/.exec(String(output.taken ?? ''))
  if (taken === null) return 'no way holds'
  const arm = arms.find((one) => one.arm === Number(taken[1]))
  const rules = Array.isArray(arm?.rules) ? arm.rules : []
  if (taken[2] === 'else' || rules.length === 0) return 'else'
  return rules.map((rule) => ruleWords(rule as never)).join(', ')
}

function listLength(value: unknown): number | undefined {
  return Array.isArray(value) ? value.length : undefined
}
