import { randomUUID } from 'node:crypto'
import { createPool } from '../../src/db/pool.ts'
import { jsonArray, plainArray, textArray } from '../../src/db/arrays.ts'
import { beReady } from '../part.ts'

// The hand-written pipeline: no engine, no templates, no choice. It claims 500 events and writes, in one transaction, the
// rows the product writes for the same job (record, task, three events, run), into the same tables and indexes.
const BATCH = 500
const pool = createPool(process.env.DATABASE_URL!, { max: 1, applicationName: 'bench baseline', worker: true })
const client = await pool.connect()

interface Claimed {
  seq: number
  workspace_id: string
  record_id: string
  event_id: string
  after: Record<string, unknown>
}

async function batch(automationId: string): Promise<number> {
  await client.query('begin')
  const { rows } = await client.query<Claimed>({
    name: 'claim',
    text: `with p as materialized (
        select seq, workspace_id, record_id, event_id from outbox order by seq limit ${BATCH} for update skip locked
      )
      select p.*, e.after from p join events e on e.workspace_id = p.workspace_id and e.id = p.event_id order by p.seq`,
  })
  if (rows.length === 0) {
    await client.query('commit')
    return 0
  }
  const now = new Date().toISOString()
  const workspaces = plainArray(rows.map((row) => row.workspace_id))
  const records = rows.map((row) => ({ ...row.after, score: 2, status: 'contacted' }) as Record<string, unknown>)
  const taskIds = rows.map(() => timed(randomUUID()))
  const runIds = rows.map(() => timed(randomUUID()))
  const tasks = rows.map((row) => ({
    title: `Call ${row.after.name as string}`,
    status: 'open',
    related_record_id: row.record_id,
  }))
  const noted = records.map((record, i) => ({ ...record, notes: `Task rec_${taskIds[i]}` }))
  await client.query({
    name: 'update',
    text: `update records r set data = x.data::jsonb, updated_at = $4 from unnest($1::uuid[], $2::uuid[], $3::text[]) as x(w, id, data)
      where r.workspace_id = x.w and r.id = x.id`,
    values: [workspaces, plainArray(rows.map((row) => row.record_id)), jsonArray(noted), now],
  })
  await client.query({
    name: 'insert',
    text: `insert into records (workspace_id, id, object, data, created_at, updated_at, created_by)
      select x.w, x.id, 'tasks', x.data::jsonb, $4, $4, 'bench' from unnest($1::uuid[], $2::uuid[], $3::text[]) as x(w, id, data)`,
    values: [workspaces, plainArray(taskIds), jsonArray(tasks), now],
  })
  const events = rows.flatMap((row, i) => [
    {
      row,
      record: row.record_id,
      type: 'record.updated',
      object: 'leads',
      after: records[i],
      changes: { score: { from: 1, to: 2 }, status: { from: 'new', to: 'contacted' } },
    },
    { row, record: taskIds[i]!, type: 'record.created', object: 'tasks', after: tasks[i], changes: null },
    {
      row,
      record: row.record_id,
      type: 'record.updated',
      object: 'leads',
      after: noted[i],
      changes: { notes: { from: null, to: noted[i]!.notes } },
    },
  ])
  await client.query({
    name: 'events',
    text: `insert into events (workspace_id, id, type, object, record_id, at, source, actor, lane, changes, after, chain_id, depth, path)
      select x.w, x.id, x.type, x.object, x.record, $8, 'automation', x.actor, 1, x.changes::json, x.after::json, x.id, 1, '[]'
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $9::text[])
        as x(w, id, type, object, record, changes, after, actor)`,
    values: [
      plainArray(events.map((event) => event.row.workspace_id)),
      plainArray(events.map(() => timed(randomUUID()))),
      textArray(events.map((event) => event.type)),
      textArray(events.map((event) => event.object)),
      plainArray(events.map((event) => event.record)),
      jsonArray(events.map((event) => event.changes)),
      jsonArray(events.map((event) => event.after)),
      now,
      textArray(events.map((_, i) => `run_${runIds[Math.floor(i / 3)]}`)),
    ],
  })
  const step = (key: string, type: string, input: unknown, output: unknown) => ({
    key,
    type,
    path: `actions/${key}`,
    status: 'succeeded',
    attempt: 1,
    attempts: [],
    input,
    output,
    started_at: now,
    finished_at: now,
    duration_ms: 0,
  })
  await client.query({
    name: 'runs',
    text: `insert into runs (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at, finished_at, conditions, trigger, steps, chain_id, depth)
      select 'done', x.w, x.id, $7, 1, 'succeeded', 'live', x.event, x.record, $6, $6, '[["new",1],[6000,1]]', '{"event":"record.created","source":"api","actor":"bench","object_id":"obj_leads"}', x.steps::json, x.event, 1
      from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) as x(w, id, event, record, steps)`,
    values: [
      workspaces,
      plainArray(runIds),
      plainArray(rows.map((row) => row.event_id)),
      plainArray(rows.map((row) => row.record_id)),
      jsonArray(
        rows.map((row, i) => [
          step(
            'score',
            'update_record',
            { record_id: row.record_id, fields: { score: 2, status: 'contacted' } },
            {
              id: row.record_id,
              changes: { score: { before: 1, after: 2 }, status: { before: 'new', after: 'contacted' } },
            },
          ),
          step(
            'task',
            'create_record',
            { object_definition_id: 'tasks', data: tasks[i] },
            { id: taskIds[i], ...tasks[i] },
          ),
          step(
            'note',
            'update_record',
            { record_id: row.record_id, fields: { notes: noted[i]!.notes } },
            { id: row.record_id, changes: { notes: { before: null, after: noted[i]!.notes } } },
          ),
        ]),
      ),
      now,
      automationId,
    ],
  })
  await client.query({
    name: 'delete',
    text: 'delete from outbox where seq = any($1::bigint[])',
    values: [plainArray(rows.map((row) => row.seq))],
  })
  await client.query('commit')
  return rows.length
}

/** a time-ordered id, as the product's are */
function timed(id: string): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${id.slice(15)}`
}

beReady({
  cpu: () => process.cpuUsage(),
  go: async ({ automationId }: { automationId: string }) => {
    while ((await batch(automationId)) > 0);
  },
})
process.once('SIGTERM', async () => {
  client.release()
  await pool.end()
  process.exit(0)
})
