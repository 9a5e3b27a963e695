import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { FilesRefused } from '../as-code/apply.ts'
import type { FileProblem } from '../as-code/file.ts'
import { readTexts } from '../as-code/folder.ts'
import type { Plan } from '../as-code/plan.ts'
import { type Pulled, writePulled } from '../as-code/pull.ts'
import type { Config } from './config.ts'
import { fileTarget, type TargetFlags } from './file-target.ts'
import { makeFolder } from './make-folder.ts'
import { clean, createPaint, type Paint } from './terminal/paint.ts'

interface Flags extends TargetFlags {
  prune?: boolean
  json?: boolean
}

const KIND_WORDS = { object: 'object', template: 'e-mail template', automation: 'automation', field: 'field' } as const
const MARKS = { create: ['+', 'green'], update: ['~', 'yellow'], delete: ['-', 'red'] } as const

/** `kantos automations pull DIR`: the workspace into files. Source: SPEC.md, section 14 */
export async function pullCommand(config: Config, dir: string, flags: Flags): Promise<void> {
  await makeFolder(resolve(dir)).catch((error: Error) => {
    throw new Error(`The folder ${dir} can't be made: ${error.message}`, { cause: error })
  })
  const files = await readTexts(dir)
  const target = await fileTarget(config, flags)
  try {
    const pulled = await writePulled(dir, await target.pull(files), flags.prune === true)
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ files: pulled })}\n`)
    else reportPulled(pulled, createPaint(process.stdout))
  } finally {
    await target.stop()
  }
}

function reportPulled(pulled: readonly Pulled[], paint: Paint): void {
  const marks = {
    written: ['+', 'green'],
    changed: ['~', 'yellow'],
    removed: ['-', 'red'],
    extra: ['?', 'dim'],
  } as const
  for (const { path, what } of pulled) {
    if (what === 'same') continue
    const [mark, style] = marks[what]
    const words = what === 'extra' ? '  not in the workspace; --prune removes it' : ''
    process.stdout.write(`${paint(style, mark)} ${clean(path)}${words}\n`)
  }
  const count = (what: Pulled['what']) => pulled.filter((one) => one.what === what).length
  process.stdout.write(`${count('written')} written, ${count('changed')} changed, ${count('same')} as they were.\n`)
}

/** `kantos automations diff DIR`: what an apply would do. With `--check` a difference is exit code 1; so are problems. */
export async function diffCommand(config: Config, dir: string, flags: Flags & { check?: boolean }): Promise<void> {
  const files = await readTexts(dir)
  const target = await fileTarget(config, flags)
  try {
    const plan = await target.diff(files, flags.prune === true)
    show(plan, flags.json === true)
    if (plan.problems.length > 0 || (flags.check === true && plan.changes.length > 0)) process.exitCode = 1
  } finally {
    await target.stop()
  }
}

/** `kantos automations apply DIR`: shows the plan, asks, and carries it out whole or not at all. */
export async function applyCommand(config: Config, dir: string, flags: Flags & { yes?: boolean }): Promise<void> {
  const files = await readTexts(dir)
  const target = await fileTarget(config, flags)
  try {
    const prune = flags.prune === true
    const plan = await target.diff(files, prune)
    show(plan, flags.json === true)
    if (plan.problems.length > 0) process.exitCode = 1
    if (plan.problems.length > 0 || plan.changes.length === 0) {
      // what has a file keeps its key, also where nothing differs
      if (plan.problems.length === 0) await target.apply(files, prune, plan)
      return
    }
    if (flags.yes !== true && !(await agreed())) {
      process.stderr.write('Nothing was changed.\n')
      process.exitCode = 1
      return
    }
    await target.apply(files, prune, plan)
    process.stderr.write('Applied.\n')
  } catch (error) {
    if (!(error instanceof FilesRefused)) throw error
    process.stderr.write(`${error.message} Nothing was changed.\n${error.problems.map(problemLine).join('')}`)
    process.exitCode = 1
  } finally {
    await target.stop()
  }
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error('Nobody can be asked here: repeat with --yes.')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question('Do this? Only “yes” does. ')
  terminal.close()
  return answer.trim().toLowerCase() === 'yes'
}

function show({ changes, left, problems }: Plan, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ changes, left, problems })}\n`)
    return
  }
  for (const line of planLines({ changes, left, problems }, createPaint(process.stdout)))
    process.stdout.write(`${line}\n`)
  process.stderr.write(problems.map(problemLine).join(''))
}

/** A plan as people read it: `+ ~ -`, and what changes in words. @returns lines without line ends */
export function planLines({ changes, left, problems }: Plan, paint: Paint): string[] {
  const lines: string[] = []
  for (const { kind, key, name, action, words } of changes) {
    const [mark, style] = MARKS[action]
    lines.push(`${paint(style, mark)} ${KIND_WORDS[kind]} ${paint('bold', clean(key))}  ${clean(name, 80)}`)
    lines.push(...words.map((line) => `    ${clean(line, 400)}`))
  }
  for (const { kind, key } of left)
    lines.push(paint('dim', `  ${KIND_WORDS[kind]} ${clean(key)} is in no file and stays; --prune deletes it`))
  const count = (action: keyof typeof MARKS) => changes.filter((change) => change.action === action).length
  if (changes.length > 0)
    lines.push(`${count('create')} to create, ${count('update')} to change, ${count('delete')} to delete.`)
  else if (problems.length === 0) lines.push('The workspace is as the files say.')
  return lines
}

function problemLine({ file, line, message, hint }: FileProblem): string {
  return `${clean(file)}:${line}: ${clean(message)}${hint === undefined ? '' : ` (${clean(hint)})`}\n`
}
