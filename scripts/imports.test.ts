import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './test/command.ts'

/**
 * Who imports whom: ARCHITECTURE.md says why. Imports of types alone cost nothing at run time and may look upwards, save for
 * the two boundaries that do work: the model knows nothing of Node, the dashboard nothing of the server.
 */
const SERVER: Record<string, readonly string[]> = {
  db: [],
  failpoints: [],
  ports: [],
  webhooks: [],
  log: ['db'],
  emails: ['db'],
  events: ['db'],
  audit: ['db'],
  secrets: ['db', 'audit'],
  records: ['db', 'events'],
  objects: ['db', 'records'],
  accounts: ['db', 'audit', 'objects', 'secrets', 'webhooks'],
  dates: ['db', 'failpoints', 'log', 'events'],
  automations: ['db', 'audit', 'dates', 'records', 'secrets', 'webhooks'],
  'email-templates': ['db', 'audit', 'accounts', 'actions', 'automations', 'emails', 'objects', 'records'],
  actions: ['ports', 'webhooks', 'emails', 'db'],
  steps: ['db', 'failpoints', 'records', 'actions', 'accounts', 'secrets'],
  runs: ['db', 'failpoints', 'log', 'events', 'dates', 'records', 'automations', 'accounts', 'steps'],
  schedules: ['db', 'failpoints', 'events', 'records', 'runs'],
  inbound: ['db', 'events', 'automations', 'webhooks'],
  'dry-run': [
    'db',
    'dates',
    'log',
    'events',
    'records',
    'automations',
    'accounts',
    'email-templates',
    'secrets',
    'webhooks',
    'steps',
    'runs',
    'schedules',
  ],
  backtest: ['db', 'log', 'events', 'accounts', 'automations', 'runs', 'dry-run'],
  health: ['db', 'audit', 'log', 'accounts', 'actions', 'automations', 'emails', 'webhooks'],
  chores: ['db', 'records', 'runs', 'inbound', 'audit', 'accounts', 'automations', 'emails', 'health'],
  enlist: ['db', 'failpoints', 'audit', 'events', 'records', 'runs', 'schedules'],
  'as-code': ['db', 'audit', 'automations', 'email-templates', 'objects', 'records', 'runs', 'dry-run'],
  holds: ['db', 'audit', 'dates', 'events', 'runs', 'schedules', 'enlist'],
  metrics: ['db'],
  backup: ['db'],
  worker: ['db', 'failpoints', 'dates', 'events', 'runs', 'steps', 'schedules', 'enlist', 'holds', 'metrics'],
}
/** These stand on all of the above. */
const ABOVE_ALL: Record<string, readonly string[]> = { api: ['cli', 'worker'], cli: [] }
const MODEL_PACKAGES = ['zod', 'temporal-polyfill', 'croner']

interface Import {
  file: string
  /** a package, or the imported file below the root */
  target: string
  typeOnly: boolean
}

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** The imports of the files below a folder; those of tests on request. */
function importsBelow(folder: string, { tests = false } = {}): Import[] {
  const files = globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT }).map((file) => file.split(sep).join('/'))
  return files
    .filter((file) => tests || !/\.test\.tsx?$/.test(file))
    .flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(STATEMENT)].map(([, type, from, dynamic]) => {
        const name = from ?? dynamic!
        const target = name.startsWith('.')
          ? normalize(join(dirname(file), name))
              .split(sep)
              .join('/')
          : name
        return { file, target, typeOnly: type !== undefined }
      }),
    )
}

const SOURCE = 'packages/server/src/'
/** `packages/server/src/runs/save.ts` → `runs`, `…/worker.ts` → `worker` */
const folderOf = (path: string) => path.slice(SOURCE.length).split('/')[0]!.replace(/\.ts$/, '')
const pairs = (imports: Import[]) => imports.map(({ file, target }) => `${file} → ${target}`)

test('the folders of the server import only those that they stand on', () => {
  const imports = importsBelow('packages/server/src').filter(
    ({ target, typeOnly }) => !typeOnly && target.startsWith(SOURCE),
  )
  expect(imports.length).toBeGreaterThan(100)
  const offending = imports.filter(({ file, target }) => {
    const [from, to] = [folderOf(file), folderOf(target)]
    if (from === to) return false
    const forbidden = ABOVE_ALL[from]
    return forbidden === undefined ? !SERVER[from]?.includes(to) : forbidden.includes(to)
  })
  expect(pairs(offending)).toEqual([])
})

test('no folder of the server stands on itself, however long the way round', () => {
  const under = (folder: string): string[] => (SERVER[folder] ?? []).flatMap((next) => [next, ...under(next)])
  for (const folder of Object.keys(SERVER)) expect(under(folder)).not.toContain(folder)
})

test('the model runs anywhere: it imports itself and three pure packages', () => {
  const offending = importsBelow('packages/model/src').filter(
    ({ target }) => !target.startsWith('packages/model/src/') && !MODEL_PACKAGES.includes(target),
  )
  expect(pairs(offending)).toEqual([])
})

test('the dashboard knows the server over HTTP only, and its features don’t know each other', () => {
  const imports = importsBelow('packages/dashboard/src', { tests: true })
  expect(imports.length).toBeGreaterThan(50)
  const featureOf = (path: string) => /^packages\/dashboard\/src\/features\/([^/]+)\//.exec(path)?.[1]
  const offending = imports.filter(({ file, target }) => {
    if (/^(?:packages\/(?:server|model)\/|@kantos\/server|node:|pg$)/.test(target)) return !/\.test\.tsx?$/.test(file)
    const [from, to] = [featureOf(file), featureOf(target)]
    return from !== undefined && to !== undefined && from !== to
  })
  expect(pairs(offending)).toEqual([])
})

test('only the chores know pg-boss', () => {
  const boss = importsBelow('packages/server/src').filter(({ target }) => target === 'pg-boss')
  expect(new Set(boss.map(({ file }) => folderOf(file)))).toEqual(new Set(['chores']))
})

test('the environment is read in the composition root and nowhere else', () => {
  const readers = globSync('packages/{server,model}/src/**/*.ts', { cwd: ROOT })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !file.endsWith('.test.ts') && !file.startsWith(`${SOURCE}cli/`))
    .filter((file) => /\bprocess\.env\b/.test(readFileSync(join(ROOT, file), 'utf8')))
  // the search path of the tools that start PostgreSQL, and what the chaos rig arms, aren't settings of ours
  expect(readers.toSorted()).toEqual([`${SOURCE}db/embedded/binaries.ts`, `${SOURCE}failpoints.ts`])
})
