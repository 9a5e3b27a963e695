import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { ApiError, type DryRun } from '@kantos/model'
import { FilesRefused } from '../as-code/apply.ts'
import type { FileProblem } from '../as-code/file.ts'
import type { Config } from './config.ts'
import { fileTarget, type TargetFlags } from './file-target.ts'
import { clean, createPaint, lineWidth } from './terminal/paint.ts'
import { runStory } from './terminal/run-story.ts'

export interface RunFlags extends TargetFlags {
  record?: string
  change?: string[]
  event?: string
  json?: boolean
}

const WIDEST = 110
const BAD_FILE = 2

/**
 * `kantos run FILE --record ID --change stage=Won`: tries the automation of a file on what the workspace has, here or on
 * a server, by the same code as the worker; nothing is written or sent.
 *
 * Exit codes: 0 it would do all it says, or its conditions keep it from running; 1 it would fail, be blocked or cut short;
 * 2 the file can't be used.
 *
 * Source: SPEC.md, sections 8 and 14
 */
export async function runCommand(config: Config, path: string, flags: RunFlags): Promise<void> {
  const source = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8').catch(unreadable(path))
  if (source === null) return
  const what = {
    ...(flags.record === undefined ? {} : { record_id: flags.record }),
    ...(flags.event === undefined ? {} : { event_id: flags.event }),
    ...(flags.change === undefined ? {} : { changes: Object.fromEntries(flags.change.map(readChange)) }),
  }
  const target = await fileTarget(config, flags)
  try {
    const run = await target.tryFile({ path, text: source }, what)
    if (flags.json === true) process.stdout.write(`${JSON.stringify(run)}\n`)
    else for (const line of story(run)) process.stdout.write(`${line}\n`)
    if (['failed', 'blocked', 'cancelled'].includes(run.status)) process.exitCode = 1
  } catch (error) {
    if (!(error instanceof FilesRefused)) throw error
    refuse(path, error.problems)
  } finally {
    await target.stop()
  }
}

/** A dry run as a person tells it. @returns lines without line ends */
function story(run: DryRun): string[] {
  const paint = createPaint(process.stdout)
  const lines = runStory(run, { paint, width: lineWidth(process.stdout, WIDEST) })
  if (run.why !== null) lines.push(`  ${clean(run.why, 400)}`)
  for (const note of run.notes) lines.push(paint('dim', `  ${clean(note, 400)}`))
  for (const { name, why, records } of run.predictions) {
    const more = records > 1 ? ` (${records} records)` : ''
    lines.push(`  ${paint('yellow', '↳')} ${paint('bold', clean(name, 60))} ${clean(why, 200)}${more}`)
  }
  lines.push(paint('dim', '  A dry run: nothing was written or sent.'))
  return lines
}

/** `stage=Won`, `stage=Open→Won`; what is JSON, such as `amount=5` or `owner=null`, is read as that. */
function readChange(given: string): [slug: string, change: unknown] {
  const at = given.indexOf('=')
  if (at < 1) throw new ApiError('BAD_REQUEST', `--change ${JSON.stringify(given)} must be field=value.`)
  const value = given.slice(at + 1)
  const arrow = value.indexOf('→')
  const slug = given.slice(0, at)
  if (arrow < 0) return [slug, readValue(value)]
  return [slug, { from: readValue(value.slice(0, arrow).trim()), to: readValue(value.slice(arrow + 1).trim()) }]
}

function readValue(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch {
    return given
  }
}

function refuse(path: string, problems: readonly Pick<FileProblem, 'line' | 'message' | 'hint'>[]): void {
  for (const { line, message, hint } of problems)
    process.stderr.write(`${path}:${line}: ${clean(message)}${hint === undefined ? '' : ` (${clean(hint)})`}\n`)
  process.exitCode = BAD_FILE
}

function unreadable(path: string): (error: NodeJS.ErrnoException) => null {
  return (error) => {
    const message = error.code === 'ENOENT' ? 'there is no such file' : `it can't be read: ${error.message}`
    refuse(path, [{ line: 1, message }])
    return null
  }
}
