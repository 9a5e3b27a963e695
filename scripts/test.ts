import { existsSync, globSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { prepareDashboard } from '../packages/server/src/cli/dashboard.ts'
import { runProject } from './test/cases.ts'
import { findChromium } from './test/chromium.ts'
import { ROOT, runNode } from './test/command.ts'
import { type Outcome, summarize } from './test/outcome.ts'

/**
 * `npm test`: lint, format, types, then the cases of unit, server and e2e. The last line is `N passed, N failed`, where each
 * check counts as one; exit code 1 when anything failed.
 *
 *     npm test                  everything
 *     npm test -- unit server   some of: checks, unit, server, e2e
 */
const MINUTE_MS = 60_000
const PARTS = ['checks', 'unit', 'server', 'e2e'] as const

const asked = process.argv.slice(2)
const unknown = asked.filter((part) => !PARTS.some((known) => known === part))
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; the parts are ${PARTS.join(', ')}.`)
  process.exit(2)
}
const wanted = (part: (typeof PARTS)[number]) => asked.length === 0 || asked.includes(part)
const outcomes: Outcome[] = []
const notes: string[] = []

if (wanted('checks')) {
  outcomes.push(
    await check('lint', 'node_modules/oxlint/bin/oxlint', ['--deny-warnings']),
    await check('format', 'node_modules/@biomejs/biome/bin/biome', ['format', '--max-diagnostics=20', '.']),
    await check('types', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']),
    await check('types of the dashboard', 'node_modules/typescript/bin/tsc', [
      '-p',
      'packages/dashboard/tsconfig.json',
    ]),
  )
}
if (wanted('unit')) outcomes.push(await runProject('unit', 5 * MINUTE_MS))
if (wanted('server')) outcomes.push(await runProject('server', 12 * MINUTE_MS))
if (wanted('e2e')) outcomes.push(await buildDashboard())
if (wanted('e2e') && globSync('e2e/**/*.test.ts', { cwd: ROOT }).length > 0) {
  const chromium = findChromium()
  if (chromium !== null) outcomes.push(await runProject('e2e', 6 * MINUTE_MS, { CHROMIUM_PATH: chromium }))
  else
    notes.push(
      '',
      'The e2e tests were skipped: there is no Chromium. On Debian: apt-get install -y chromium',
      'elsewhere: CHROMIUM_PATH=/path/to/chromium npm test',
    )
}

for (const line of summarize(outcomes, notes)) console.log(line)
process.exitCode ||= outcomes.some(({ failed }) => failed > 0) ? 1 : 0

/** Once, so that the servers of the e2e tests find it there. */
async function buildDashboard(): Promise<Outcome> {
  const begun = performance.now()
  const failure = await (await prepareDashboard(tmpdir())).building
  const failures = failure === null ? [] : [failure]
  const failed = failures.length
  return {
    name: 'build of the dashboard',
    passed: 1 - failed,
    failed,
    skipped: 0,
    failures,
    ms: performance.now() - begun,
  }
}

async function check(name: string, file: string, args: string[]): Promise<Outcome> {
  const begun = performance.now()
  const { code, output, late } = existsSync(ROOT + file)
    ? await runNode(file, args, { quiet: true, longestMs: 5 * MINUTE_MS })
    : { code: 1, output: `${file} is missing; run npm ci first.\n`, late: false }
  const failed = code === 0 ? 0 : 1
  if (failed === 1) console.log(`\n${name}:\n${output.trimEnd()}`)
  const failures = failed === 1 ? [late ? 'it took too long' : 'see above'] : []
  return { name, passed: 1 - failed, failed, skipped: 0, failures, ms: performance.now() - begun }
}
