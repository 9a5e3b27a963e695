import { once } from 'node:events'
import type { Run } from '@kantos/model'
import { publicId } from '@kantos/model'
import { dropMonth, expiredMonths } from '../src/chores/drop-month.ts'
import { fillLog, recordId, RECORDS } from './log/fill.ts'
import { percentiles, Reader, type Times } from './log/measure.ts'
import { startPart } from './part.ts'
import { composeBench, openBench } from './setup.ts'

// npm run bench:log: the execution log at ten million runs. `-- --runs 500000` takes fewer; `-- --pause` waits for Enter before
// it measures, so that a busy machine can come to rest.
const given = process.argv.indexOf('--runs')
const count = given === -1 ? 10_000_000 : Number(process.argv[given + 1])
const LIST_AIM_MS = 50
const RUN_AIM_MS = 20
const EXPORT_RUNS = Math.min(1_000_000, Math.round(count / 2))

function print(label: string, value: string, aim = '', good = true): void {
  process.stdout.write(
    `${label.padEnd(66)} ${value.padStart(26)}  ${aim === '' ? '' : `${aim} ${good ? 'PASS' : 'FAIL'}`}\n`,
  )
}
const ms = ({ p50, p95, worst }: Times) => [p50, p95, worst].map((n) => n.toFixed(1)).join(', ')
const number = (n: number) => Math.round(n).toLocaleString('en-US')

const bench = await openBench()
const installation = await composeBench(bench, null)
const { services, workspaceId } = installation
const { pool } = services
try {
  const filled = await fillLog(bench, installation, count, (done) => {
    if (done % 1_000_000 === 0) process.stderr.write(`${number(done)} runs\n`)
  })
  print(`${number(filled.runs)} runs with ${number(filled.steps)} steps, written in`, `${number(filled.seconds)} s`)
  for (const [table, least] of [
    ['runs_done', 'a run of three steps'],
    ['runs_skipped', 'a skipped run'],
    ['runs_failed', 'a failed run, with what its retry needs'],
  ]) {
    const { rows } = await pool.query<{ bytes: number; rows: number }>(
      `select sum(pg_total_relation_size(relid)) as bytes, (select count(*) from ${table}) as rows from pg_partition_tree($1) where isleaf`,
      [table],
    )
    const bytes = Number(rows[0]!.bytes) / Math.max(1, Number(rows[0]!.rows))
    print(`bytes of ${least}, indexes included`, number(bytes), table === 'runs_skipped' ? '≤ 400' : '', bytes <= 400)
  }

  if (process.argv.includes('--pause')) {
    process.stderr.write('Press Enter to measure.\n')
    await once(process.stdin, 'data')
    process.stdin.pause()
  }
  const product = await startPart('product', bench.env)
  const reader = new Reader(await product.ask<number>({ type: 'port' }))
  try {
    await lists(reader, filled.automations)
    await runPages(reader)
    const before = await product.ask<number>({ type: 'memory' })
    const began = performance.now()
    const { lines, bytes } = await reader.drain('/runs/export?format=ndjson', EXPORT_RUNS)
    const after = await product.ask<number>({ type: 'memory' })
    const seconds = (performance.now() - began) / 1000
    print(`export of ${number(lines)} runs`, `${seconds.toFixed(0)} s, ${number(bytes / 2 ** 20)} MB`)
    const grown = (after - before) / 2 ** 20
    print('    memory of the process before and after', `${mb(before)}, ${mb(after)}`, 'grows ≤ 150 MB', grown <= 150)
    await dropWholeMonth()
  } finally {
    await reader.close()
    await product.stop()
  }
} finally {
  await installation.stop()
  await bench.close()
}

async function lists(reader: Reader, automations: readonly string[]): Promise<void> {
  const automation = publicId('automation', automations[17]!)
  const { rows } = await pool.query<{ id: string; chain_id: string; parent_run_id: string }>(
    `select ${recordId('77')} as id,
       (select chain_id from runs_done where workspace_id = $1 order by id desc limit 1) as chain_id,
       (select parent_run_id from runs_done where workspace_id = $1 and parent_run_id is not null order by id desc limit 1) as parent_run_id`,
    [workspaceId],
  )
  const [ids] = rows
  const record = publicId('record', ids!.id)
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
    'of a record': `record_id=${record}`,
    'of a record and an automation': `record_id=${record}&automation_id=${automation}`,
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
    print(`list: ${name}, p50, p95, worst`, `${ms(times)} ms`, `p95 ≤ ${LIST_AIM_MS}`, times.p95 <= LIST_AIM_MS)
  }
  for (const [name, path] of [
    ['automations with their last 7 days', '/automations?per_page=25'],
    ['failures by cause', '/runs/causes'],
    ['records, the newest', '/crm/records/query?object_id=leads&per_page=25'],
    [
      `records of ${number(RECORDS)}, by a value`,
      '/crm/records/query?object_id=leads&per_page=25&filters=%7B%22email%22%3A%22lead777%40example.com%22%7D',
    ],
    ['records, sorted by a value', '/crm/records/query?object_id=leads&per_page=25&sort=estimated_value&order=desc'],
  ] as const)
    print(`${name}, p50, p95, worst`, `${ms(await reader.time([path], 20))} ms`)
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
  print('a run’s page, p50, p95, worst', `${ms(times)} ms`, `p95 ≤ ${RUN_AIM_MS}`, times.p95 <= RUN_AIM_MS)
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
  const began = performance.now()
  await dropMonth(pool, month, cutoff)
  const seconds = (performance.now() - began) / 1000
  going = false
  await writing
  print(`dropping a month of ${number(Number(rows[0]!.count))} runs`, `${seconds.toFixed(2)} s`, '≤ 1 s', seconds <= 1)
  const { worst } = percentiles(stalls)
  print('    the longest a writer waited meanwhile', `${worst.toFixed(0)} ms`)
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`
}
