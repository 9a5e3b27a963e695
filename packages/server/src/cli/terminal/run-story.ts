import type { GroupResult, Run, RuleResult, RunTrigger, Step } from '@kantos/model'
import { durationWords } from './duration.ts'
import { clean, pad, type Paint } from './paint.ts'
import { actualWords, ruleWords } from './rule-words.ts'
import { stepOutcome, stepWords } from './step-words.ts'
import { valueWords } from './value-words.ts'

type Style = 'green' | 'red' | 'yellow' | 'dim'

const RUN_MARKS: Record<Run['status'], [mark: string, style: Style]> = {
  queued: ['·', 'dim'],
  running: ['·', 'dim'],
  waiting: ['◷', 'yellow'],
  succeeded: ['✓', 'green'],
  failed: ['✗', 'red'],
  skipped: ['–', 'dim'],
  cancelled: ['■', 'dim'],
  blocked: ['✗', 'red'],
}
const STEP_MARKS: Record<Step['status'], [mark: string, style: Style]> = {
  succeeded: ['✓', 'green'],
  failed: ['✗', 'red'],
  waiting: ['◷', 'yellow'],
  retrying: ['↻', 'yellow'],
  running: ['·', 'dim'],
  skipped: ['–', 'dim'],
  not_sent: ['○', 'yellow'],
  cancelled: ['■', 'dim'],
}

export interface StoryOptions {
  paint: Paint
  /** characters a line may have */
  width: number
  /** what stands before the first line, such as a time */
  lead?: string
  /** the name of the automation whose run caused this one */
  causedBy?: string
}

/**
 * A run as a person tells it: what started it, which rules held, what each action did and how long it took.
 *
 * @returns lines without line ends
 */
export function runStory(run: Run, { paint, width, lead = '', causedBy }: StoryOptions): string[] {
  const [mark, style] = RUN_MARKS[run.status]
  const title = `${lead}${paint(style, mark)} ${paint('bold', clean(run.automation_name, 60))}`
  const test = run.mode === 'test' ? paint('yellow', '  test') : ''
  const took = run.status === 'succeeded' || run.status === 'failed' ? ` in ${durationWords(run.duration_ms)}` : ''
  const indent = ' '.repeat(lead.length + 2)
  const line = (label: string, text: string) => `${indent}${paint('dim', label.padEnd(6))}${text}`
  const lines = [spread(`${title}${test}`, paint(style, `${run.status}${took}`), width)]
  const cause = causedBy === undefined ? '' : paint('cyan', `  ↳ by ${clean(causedBy, 60)}`)
  lines.push(line('when', `${triggerWords(run.trigger)}${cause}`))
  run.conditions.rules
    .flatMap((rule) => ruleLines(rule, paint, 0))
    .forEach((text, index) => {
      lines.push(line(index === 0 ? 'if' : '', text))
    })
  const keys = Math.min(20, Math.max(0, ...run.steps.map(({ key, path }) => key.length + 2 * depthOf(path))))
  run.steps.forEach((step, index) => {
    const [stepMark, stepStyle] = STEP_MARKS[step.status]
    const inset = '  '.repeat(depthOf(step.path))
    const place = step.index === undefined ? '' : ` [${step.index}]`
    const outcome = stepOutcome(step, run.mode)
    const text = `${inset}${paint(stepStyle, stepMark)} ${pad(`${clean(step.key, 40)}${place}`, keys - inset.length)}  ${stepWords(step)}`
    lines.push(spread(line(index === 0 ? 'then' : '', text), paint('dim', durationWords(step.duration_ms)), width))
    if (outcome !== '') lines.push(line('', `${inset}  ${paint(stepStyle, outcome)}`))
  })
  if (run.error !== null && !run.steps.some(({ error }) => error?.message === run.error!.message))
    lines.push(line('', paint('red', `${run.error.code}: ${clean(run.error.message, 300)}`)))
  return lines
}

/** `a lead was created · api` */
export function triggerWords({ event, object_id: objectId, changes, source }: RunTrigger): string {
  const object = objectId === null ? 'record' : objectId.replace(/^obj_(?:def_)?/, '')
  const changed = Object.entries(changes ?? {}).map(
    ([slug, { from, to }]) => `${slug}: ${valueWords(from)} → ${valueWords(to)}`,
  )
  const words: Record<RunTrigger['event'], string> = {
    'record.created': `created in ${object}`,
    'record.updated': `changed in ${object}`,
    'field.changed': `changed in ${object}`,
    'record.deleted': `deleted in ${object}`,
    schedule: 'it was time',
    'date.reached': `a date was reached in ${object}`,
    'webhook.received': 'its URL was called',
    manual: 'somebody started it',
  }
  const by = source === null || source === event.split('.')[0] ? '' : ` · ${source}`
  return `${words[event]}${changed.length === 0 ? '' : ` · ${clean(changed.join(', '), 90)}`}${by}`
}

function ruleLines(rule: RuleResult | GroupResult, paint: Paint, depth: number): string[] {
  const mark = paint(rule.passed ? 'green' : 'red', rule.passed ? '✓' : '✗')
  const inset = '  '.repeat(depth)
  if ('rules' in rule)
    return [`${inset}${mark} ${rule.match} of`, ...rule.rules.flatMap((one) => ruleLines(one, paint, depth + 1))]
  const actual = actualWords(rule)
  return [`${inset}${mark} ${ruleWords(rule)}${actual === '' ? '' : paint('dim', `  ${actual}`)}`]
}

const LISTS = new Set(['actions', 'then', 'else', 'on_error'])

/** How deep a step stands inside branches, loops and error paths: `actions/0/conditions/1/then/0` is 1. */
function depthOf(path: string): number {
  return path.split('/').filter((part) => LISTS.has(part)).length - 1
}

/** Puts the right part at the line's end, if there is room; else after it. */
function spread(left: string, right: string, width: number): string {
  if (right === '') return left
  const room = width - [...clean(right)].length - 2
  return `${pad(left, room)}  ${right}`
}
