import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runNode } from './command.ts'
import type { Outcome } from './outcome.ts'

/** What is used of the report of vitest's JSON reporter. */
export interface VitestReport {
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

/**
 * Counts the cases of a run. A file that broke before or outside its cases is one that failed, and so is a run that ended
 * badly although no case did.
 *
 * @param report null when the run left none
 * @param code what the run ended with; null when it was stopped
 */
export function countCases(report: VitestReport | null, code: number | null): Omit<Outcome, 'name' | 'ms'> {
  const failures: string[] = []
  let passed = 0
  let skipped = 0
  for (const file of report?.testResults ?? []) {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    passed += file.assertionResults.filter(({ status }) => status === 'passed').length
    skipped += file.assertionResults.length - failed.length
    for (const { fullName } of failed) failures.push(`${file.name}: ${fullName}`)
    if (failed.length === 0 && file.status === 'failed')
      failures.push(`${file.name}: ${file.message?.trim().split('\n')[0] || 'the file broke'}`)
  }
  skipped -= passed
  if (report === null) failures.push('the run ended without a report')
  else if (failures.length === 0 && passed === 0) failures.push('no test ran')
  else if (failures.length === 0 && code !== 0)
    failures.push(code === null ? 'the run was stopped' : `the run ended with ${code}`)
  return { passed, failed: failures.length, skipped, failures }
}

/** Runs the cases of a vitest project; its own report goes to the terminal. */
export async function runProject(project: string, longestMs: number, env?: Record<string, string>): Promise<Outcome> {
  const begun = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'kantos-report-'))
  const file = join(folder, 'report.json')
  try {
    const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const { code, late } = await runNode('node_modules/vitest/vitest.mjs', args, { quiet: false, longestMs, env })
    const counted = countCases(read(file), code)
    if (late) counted.failures.push(`stopped after ${Math.round(longestMs / 60_000)} minutes`)
    return { name: `tests: ${project}`, ...counted, failed: counted.failures.length, ms: performance.now() - begun }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function read(file: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport
  } catch {
    return null
  }
}
