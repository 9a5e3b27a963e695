import { setTimeout as delay } from 'node:timers/promises'
import { acrossWorkspaces } from '../src/db/walls.ts'
import { transaction } from '../src/db/transaction.ts'
import { fillDates } from '../src/dates/fill.ts'
import { fireDates, fireOnce } from '../src/dates/fire.ts'
import { composeBench, openBench } from './setup.ts'

// node packages/server/bench/dates-scale.ts: what a million dated records cost, `-- --records 100000` takes fewer.
const given = process.argv.indexOf('--records')
const count = given === -1 ? 1_000_000 : Number(process.argv[given + 1])
const LOOKS = 200
const REST_MS = 12_000
const DUE = Math.min(10_000, count / 10)

function print(label: string, value: string): void {
  process.stdout.write(`${label.padEnd(66)} ${value.padStart(26)}\n`)
}
const number = (n: number) => Math.round(n).toLocaleString('en-US')
const seconds = (began: number) => (performance.now() - began) / 1000

const bench = await openBench()
const installation = await composeBench(bench, null)
const { services, workspaceId } = installation
const pool = acrossWorkspaces(services.pool)
try {
  let began = performance.now()
  const client = await pool.connect()
  await client.query('set statement_timeout = 0')
  await client.query(
    `insert into records (workspace_id, id, object, data, created_at, updated_at)
     select $1, (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '7000800' || lpad(to_hex(n), 13, '0'))::uuid, 'deals',
       jsonb_build_object('name', 'Deal ' || n, 'close_date', (current_date + 2 + n % 1000)::text), now(), now()
     from generate_series(1, $2::int) n`,
    [workspaceId, count],
  )
  client.release(true)
  print(`${number(count)} dated records, written in`, `${number(seconds(began))} s`)

  const automationId = services.time.id()
  const trigger = { event: 'date.reached', object: 'deals', field: 'close_date' }
  await pool.query(
    `insert into automations (workspace_id, id, name, status, version, document, trigger_event, trigger_object, activated_at)
     values ($1, $2, 'Reminder', 'active', 1, $3, 'date.reached', 'deals', now())`,
    [workspaceId, automationId, { trigger, conditions: { match: 'all', rules: [] }, actions: [] }],
  )
  await pool.query('update workspaces set automations_rev = automations_rev + 1 where id = $1', [workspaceId])
  await pool.query(
    `insert into date_triggers (workspace_id, automation_id, since, state) values ($1, $2, now(), 'filling')`,
    [workspaceId, automationId],
  )
  const state = async () =>
    (await pool.query<{ state: string }>('select state from date_triggers where automation_id = $1', [automationId]))
      .rows[0]!.state
  began = performance.now()
  let most = 0
  while ((await state()) === 'filling') {
    await fillDates(pool)
    most = Math.max(most, process.memoryUsage().rss)
  }
  print('the backfill after an activation', `${number(count / seconds(began))} records/s`)
  print('its memory, the whole process', `${number(most / 2 ** 20)} MiB`)
  const { rows } = await pool.query<{ bytes: number }>(`select pg_total_relation_size('date_alarms') as bytes`)
  print('bytes of an alarm, indexes included', number(Number(rows[0]!.bytes) / count))

  const times: number[] = []
  const blocks = async () =>
    Number(
      (
        await pool.query(
          `select coalesce(sum(idx_blks_hit + idx_blks_read + heap_blks_hit + heap_blks_read), 0) as n from pg_statio_user_tables where relname in ('date_alarms', 'date_triggers')`,
        )
      ).rows[0]!.n,
    )
  // connections hand their counts in after ten seconds of rest
  await delay(REST_MS)
  const before = await blocks()
  for (let look = 0; look < LOOKS; look++) {
    const at = performance.now()
    await transaction(pool, (one) => fireOnce(one, services.time))
    times.push(performance.now() - at)
  }
  await delay(REST_MS)
  times.sort((a, b) => a - b)
  print(
    'a look each second, when nothing is due: p50, p95',
    `${times[LOOKS / 2]!.toFixed(2)}, ${times[Math.floor(LOOKS * 0.95)]!.toFixed(2)} ms`,
  )
  print('  blocks it reads, each 8 kB', (((await blocks()) - before) / LOOKS).toFixed(1))

  const setUp = await pool.connect()
  await setUp.query('set enable_hashjoin = on; set plan_cache_mode = auto')
  await setUp.query(
    `create temp table picked as select id from records where workspace_id = '${workspaceId}' and object = 'deals'
       order by id desc limit ${DUE};
     update records r set data = r.data || jsonb_build_object('close_date', (now() at time zone 'UTC')::date::text)
       from picked where r.workspace_id = '${workspaceId}' and r.id = picked.id;
     update date_alarms a set due_at = (now() at time zone 'UTC')::date::timestamp at time zone 'UTC' from picked
       where a.workspace_id = '${workspaceId}' and a.automation_id = '${automationId}' and a.record_id = picked.id`,
  )
  setUp.release(true)
  await pool.query(`update automations set document = $2 where id = $1`, [
    automationId,
    { trigger: { ...trigger, at: '00:00' }, conditions: { match: 'all', rules: [] }, actions: [] },
  ])
  began = performance.now()
  let fired = 0
  while (fired < DUE) fired += await fireDates(pool, services.time, services.log, () => {})
  print(`${number(DUE)} due at once, in batches`, `${number(DUE / seconds(began))} dates/s`)
} finally {
  await installation.stop()
  await bench.close()
}
