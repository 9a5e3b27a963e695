import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { activate, probes } from './automations.ts'
import { check } from './check.ts'
import { createInstallation, ROOT } from './installation.ts'
import { startLoad } from './load.ts'
import type { PartReport } from './part.ts'
import { waitForQuiet } from './quiet.ts'
import { createRandom } from './random.ts'

/** The version that ran before: the last one whose database had the first migration alone. */
const OLD_COMMIT = 'b482eea'
const ALONE_MS = 5_000
const TOGETHER_MS = 30_000
const EVENTS_PER_SECOND = 20
const run = promisify(execFile)

/**
 * A rolling upgrade: an installation of the old version works; the new API takes the place of the old one and brings the database up to date, while
 * the old workers go on; new workers join; one of each is killed; the old ones stop last.
 */
export async function oldVersion(seed: number, say: (line: string) => void): Promise<PartReport> {
  const old = await checkOut(OLD_COMMIT).catch((error: Error) => error)
  if (old instanceof Error)
    return { skipped: `the old version ${OLD_COMMIT} can't be had: ${old.message.split('\n')[0]}` }
  // the old version knows nothing of shorter times
  const installation = await createInstallation({ random: createRandom(seed), times: {}, network: true })
  try {
    let api = await installation.start('api', { root: old })
    const olds = await Promise.all([0, 1, 2].map(() => installation.start('worker', { root: old })))
    await installation.db.query('create table chaos_ticks (at timestamptz)')
    const active = await activate({ ...installation, version: 'old' })
    const load = startLoad(installation, active, EVENTS_PER_SECOND)
    await delay(ALONE_MS)
    say('the new version comes: first the API, which brings the database up to date')
    api.signal('SIGTERM')
    await api.exited
    api = await installation.start('api')
    await delay(ALONE_MS)
    const news = [await installation.start('worker'), await installation.start('worker')]
    say('old and new workers work together')
    await delay(TOGETHER_MS / 3)
    const oldGone = olds.pop()!
    oldGone.signal('SIGKILL')
    await delay(TOGETHER_MS / 3)
    news.pop()!.signal('SIGKILL')
    news.push(await installation.start('worker'))
    await delay(TOGETHER_MS / 3)
    const stillWorking = olds.filter((member) => member.alive()).length
    for (const member of olds) member.signal('SIGTERM')
    await Promise.all(olds.map((member) => member.exited))
    await load.stop()
    const quiet = await waitForQuiet(installation.db)
    const { violations, figures } = await check({
      db: installation.db,
      active,
      probes: probes(installation.receiverUrl, 'old'),
      told: load.told,
      receipts: installation.ledger.receipts,
      happened: [],
      leases: null,
      clockMs: 100,
    })
    const early =
      stillWorking === 2
        ? []
        : [{ what: 'idle', detail: `of 2 old workers, ${stillWorking} worked beside the new ones` }]
    return {
      violations: [...quiet.violations, ...early, ...violations],
      rows: [
        [`runs of ${OLD_COMMIT} and of this version together`, figures.runs],
        ['  that did what they should', figures.succeeded],
      ],
    }
  } finally {
    await installation.close()
    await rm(old, { recursive: true, force: true })
  }
}

/** The code of a commit in a folder of its own, with the packages that are installed here. */
async function checkOut(commit: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `kantos-test-${process.pid}-`))
  const archive = join(folder, 'code.tar')
  await run('git', ['archive', '--output', archive, commit], { cwd: ROOT })
  await run('tar', ['-xf', archive, '-C', folder])
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '@kantos'), { recursive: true })
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (name !== '@kantos') await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  for (const name of ['model', 'server']) await symlink(join(folder, 'packages', name), join(modules, '@kantos', name))
  // a dashboard that needn't be built
  const page = join(folder, 'packages/dashboard/dist/index.html')
  await mkdir(join(page, '..'), { recursive: true })
  await writeFile(page, '<!doctype html>')
  const later = new Date(Date.now() + 86_400_000)
  await utimes(page, later, later)
  return folder
}
