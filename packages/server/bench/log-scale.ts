import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Run } from '@kantos/model'
import { publicId } from '@kantos/model'
import { detachMonth, dropDetached, expiredMonths } from '../src/chores/drop-month.ts'
import { type Filled, fillLog } from './log/fill.ts'
import { recordId } from './log/fill-rest.ts'
import { measureOthers } from './log/others.ts'
import { percentiles, print, Reader, showNumber, showTimes } from './log/measure.ts'
import { startPart } from './part.ts'
import { composeBench, openBench } from './setup.ts'

// npm run bench:log: the execution log at eleven million runs (a tenth of them skipped) of thirty million steps, beside a million that wait and 10,000 automations.
//   -- --runs 500000   takes fewer
//   -- --data DIR      keeps what it filled in DIR; called again with it, it measures without filling (each time it drops one more month)
//   -- --fill          fills only; to be measured later, when the machine is quiet
const argument = (name: string) => {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : process.argv[at + 1]
}
const keep = argument('--data')
const LIST_AIM_MS = 50
const RUN_AIM_MS = 20

const bench = await openBench(keep === undefined ? undefined : resolve(keep))
const installation = await composeBench(bench, null)
const { services, workspaceId } = installation
const { pool } = services
const marker = join(bench.dataDir, 'filled.json')
try {
  if (!existsSync(marker)) {
    const filled = await fillLog(bench, installation, Number(argument('--runs') ?? 11_200_000), (what) =>
      process.stderr.write(`${new Date().toISOString()} ${what}\n`),
    )
    writeFileSync(marker, JSON.stringify(filled))
  }
  const filled = JSON.parse(readFileSync(marker, 'utf8')) as Filled
  print(
    `${showNumber(filled.runs)} runs with ${showNumber(filled.steps)} steps, ${showNumber(filled.waiting)} that wait, written in`,
    `${showNumber(filled.seconds)} s`,
  )
  await sizes()
  if (!process.argv.includes('--fill')) await measure(filled)
} finally {
  await installation.stop()
  await bench.close()
}

async function measure(filled: Filled): Promise<void> {
  const product = await startPart('product', bench.env)
  const reader = new Reader(await product.ask<number>({ type: 'port' }))
  try {
    await counted()
    await lists(reader, filled.automations)
    await runPages(reader)
    await measureOthers(reader, filled)
    await exportAll(
      reader,
      () => product.ask<number>({ type: 'memory' }),
      Math.min(1_000_000, Math.round(filled.runs / 2)),
    )
    await dropWholeMonth()
  } finally {
    await reader.close()
    await product.stop()
  }
}

/** Bytes of a row with its indexes, of each kind. */
async function sizes(): Promise<void> {
  for (const [table, least] of [
    ['runs_done', 'a run of three steps'],
    ['runs_skipped', 'a skipped run'],
    ['runs_failed', 'a failed run, with what its retry needs'],
    ['events', 'an event'],
  ]) {
    const { rows } = await pool.query<{ bytes: number; rows: number }>(
      `select sum(pg_total_relation_size(relid))::float8 as bytes, (select count(*) from ${table}) as rows from pg_partition_tree($1) where isleaf`,
      [table],
    )
    const bytes = rows[0]!.bytes / Math.max(1, Number(rows[0]!.rows))
    const narrow = table === 'runs_skipped'
    print(`bytes of ${least}, indexes included`, showNumber(bytes), narrow ? '≤ 400' : '', !narrow || bytes <= 400)
  }
}

/** Waits until the product has counted the log's hours, which it does after a start. */
async function counted(): Promise<void> {
  const began = performance.now()
  for (;;) {
    const { rows } = await pool.query<{ done: boolean }>(
      `select coalesce(bool_and(counted_to > now() - interval '10 minutes'), false) as done from health_state where workspace_id = $1`,
      [workspaceId],
    )
    const seconds = (performance.now() - began) / 1000
    if (rows[0]!.done) return print('the last 14 days counted by hour after', `${seconds.toFixed(0)} s`)
    if (seconds > 600) return print('the last 14 days counted by hour after', 'more than 600 s')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function exportAll(reader: Reader, memory: () => Promise<number>, most: number): Promise<void> {
  const before = await memory()
  let top = before
  const watch = setInterval(async () => (top = Math.max(top, await memory())), 1_000)
  const began = performance.now()
  const { lines, bytes } = await reader.drain('/runs/export?format=ndjson', most)
  clearInterval(watch)
  const seconds = (performance.now() - began) / 1000
  top = Math.max(top, await memory())
  print(`export of ${showNumber(lines)} runs`, `${seconds.toFixed(0)} s, ${showNumber(bytes / 2 ** 20)} MB`)
  const grown = (top - before) / 2 ** 20
  print('    memory of the process before and at most', `${mb(before)}, ${mb(top)}`, 'grows ≤ 150 MB', grown <= 150)
}

async function lists(reader: Reader, automations: readonly string[]): Promise<void> {
  const automation = publicId('automation', automations[17]!)
  const { rows } = await pool.query<{ id: string; usual: string; chain_id: string; parent_run_id: string }>(
    `select ${recordId('77')} as id, ${recordId('14')} as usual,
       (select chain_id from runs_done where workspace_id = $1 order by id desc limit 1) as chain_id,
       (select parent_run_id from runs_done where workspace_id = $1 and parent_run_id is not null order by id desc limit 1) as parent_run_id`,
    [workspaceId],
  )
  const [ids] = rows
  const record = publicId('record', ids!.id)
  const usual = publicId('record', ids!.usual)
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
  const filters: Record<string, string> = {
    all: '',
    succeeded: 'status=succeeded',
    'failed or blocked': 'status=failed,blocked',
    'rare: cancelled': 'status=cancelled',
    skipped: 'status=skipped',
    'waiting, queued, running': 'status=waiting,queued,running',
    'of an automation': `automation_id=${automation}`,
    'of an automation, failed': `automation_id=${automation}&status=failed`,
    'of an automation, failed, a week two months ago': `automation_id=${automation}&status=failed&from=${day(67)}&to=${day(60)}`,
    'of an automation, tests': `automation_id=${automation}&mode=test`,
    'of a record': `record_id=${usual}`,
    'of a record that has one run of a hundred': `record_id=${record}`,
    'of a record and an automation': `record_id=${usual}&automation_id=${automation}`,
    tests: 'mode=test',
    'a day two months ago': `from=${day(60)}&to=${day(60)}`,
    'up to two months ago': `to=${day(60)}`,
    'of a chain': `chain_id=${publicId('chain', ids!.chain_id)}`,
    'started by a run': `parent_run_id=${publicId('run', ids!.parent_run_id)}`,
    'not retried yet': 'unretried=true',
  }
  for (const [name, filter] of Object.entries(filters)) {
    const paths = [`/runs?limit=25&${filter}`]
    // deeper pages of the same list
    for (let i = 0; i < 4; i++) {
      const { next_cursor: next } = await reader.get<{ next_cursor: string | null }>(paths.at(-1)!)
      if (next === null) break
      paths.push(`/runs?limit=25&${filter}&cursor=${encodeURIComponent(next)}`)
    }
    const times = await reader.time(paths, 60)
    print(`list: ${name}, p50, p95, worst`, `${showTimes(times)} ms`, `p95 ≤ ${LIST_AIM_MS}`, times.p95 <= LIST_AIM_MS)
  }
}

async function runPages(reader: Reader): Promise<void> {
  const ids: string[] = []
  for (const status of ['succeeded', 'failed', 'skipped']) {
    const { data } = await reader.get<{ data: Run[] }>(`/runs?limit=20&status=${status}`)
    ids.push(...data.map(({ id }) => id))
  }
  const times = await reader.time(
    ids.map((id) => `/runs/${id}`),
    180,
  )
  print('a run’s page, p50, p95, worst', `${showTimes(times)} ms`, `p95 ≤ ${RUN_AIM_MS}`, times.p95 <= RUN_AIM_MS)
}

/** Drops the last whole month of runs that succeeded, while runs are written. */
async function dropWholeMonth(): Promise<void> {
  const now = new Date()
  const cutoff = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth()))
  const month = (await expiredMonths(pool, 'runs_done', cutoff)).at(-1)
  if (month === undefined) return
  const stalls: number[] = []
  let going = true
  const writing = (async () => {
    while (going) {
      const began = performance.now()
      await pool.query(
        `insert into runs_done (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at)
         values ('done', $1, $2, $3, 1, 'succeeded', 'live', now(), now())`,
        [workspaceId, services.time.id(), services.time.id()],
      )
      stalls.push(performance.now() - began)
    }
  })()
  const { rows } = await pool.query<{ count: number }>(`select count(*) from ${month.name}`)
  const size = await pool.query<{ bytes: number }>('select pg_total_relation_size($1::regclass)::float8 as bytes', [
    month.name,
  ])
  const began = performance.now()
  await detachMonth(pool, month)
  const out = (performance.now() - began) / 1000
  await dropDetached(pool, month, cutoff)
  const removed = (performance.now() - began) / 1000
  going = false
  await writing
  const runs = showNumber(Number(rows[0]!.count))
  print(`dropping a month of ${runs} runs: out of the log after`, `${out.toFixed(2)} s`, '≤ 1 s', out <= 1)
  print(
    `    its ${showNumber(size.rows[0]!.bytes / 2 ** 20)} MB removed from the disk after`,
    `${removed.toFixed(2)} s`,
  )
  const { worst } = percentiles(stalls)
  print('    the longest a writer waited meanwhile', `${worst.toFixed(0)} ms`)
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`
}
