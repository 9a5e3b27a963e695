import { createAutomationRoute, uuidOf } from '@kantos/model'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createRecords } from '../../src/records/write.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
const unhandled: unknown[] = []
const note = (error: unknown) => void unhandled.push(error)
beforeAll(async () => {
  process.on('unhandledRejection', note)
  e = await createTestEngine()
  await e.addWorker()
})
afterAll(async () => {
  await e.stop()
  process.off('unhandledRejection', note)
})
afterEach(async () => {
  await e.pool.query(`update automations set status = 'inactive', activated_at = null`)
  await e.pool.query('update workspaces set automations_rev = automations_rev + 1')
  expect(unhandled).toEqual([])
})

const trigger = { event: 'record.created', object: 'leads' }
const task = (title: string) => ({
  type: 'create_record' as const,
  config: { object_definition_id: 'tasks', data: { title } },
})
const BY_KEY = { actor: 'key_test', source: 'api' as const, lane: 1 as const, chain: null }

/** From now on the database refuses a task of this title, as it would refuse what it can't store. */
async function refuseTask(title: string): Promise<void> {
  await e.pool.query(`
    create or replace function refuse_task() returns trigger language plpgsql as $$
    begin
      if new.object = 'tasks' and new.data ->> 'title' = '${title}' then raise exception 'it can not be stored' using errcode = '22000'; end if;
      return new;
    end $$`)
  await e.pool.query(
    'create or replace trigger refuse_task before insert on records for each row execute function refuse_task()',
  )
}

test('what the database refuses fails the run that caused it, and no other of its batch or of another workspace', async () => {
  await refuseTask('bomb')
  const id = await e.automation({ trigger, actions: [task('{{record.name}}')] })
  const other = await e.newWorkspace('Other')
  const otherRun = e.clientOf(other.key)
  await otherRun.call(createAutomationRoute, {
    body: { name: 'Theirs', status: 'active', trigger, actions: [task('{{record.name}}')] } as never,
  })
  const names = Array.from({ length: 40 }, (_, i) => (i % 13 === 5 ? 'bomb' : `good ${i}`))
  await createRecords(
    e.services,
    e.workspaceId,
    'leads',
    names.map((name) => ({ name })),
    BY_KEY,
  )
  for (let i = 0; i < 10; i++)
    await createRecords(e.services, other.id, 'leads', [{ name: `theirs ${i}` }, { name: `theirs also ${i}` }], BY_KEY)
  const runs = await e.ended(id, 40)
  const named = await Promise.all(runs.map(async (run) => [(await e.values(run.trigger.record_id!))!.name, run.status]))
  expect(named.filter(([, status]) => status === 'failed').map(([name]) => name)).toEqual(['bomb', 'bomb', 'bomb'])
  expect(named.filter(([, status]) => status === 'succeeded')).toHaveLength(37)
  for (const run of runs.filter(({ status }) => status === 'failed'))
    expect(run.error).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('it can not be stored') })
  await e.quiet()
  const { rows } = await e.pool.query(
    'select status, count(*)::int as n from runs where workspace_id = $1 group by 1',
    [other.id],
  )
  expect(rows).toEqual([{ status: 'succeeded', n: 20 }])
})

test('a run that is resumed into what the database refuses fails alone, too', async () => {
  await refuseTask('late bomb')
  const id = await e.automation({
    trigger,
    actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }, task('{{record.name}}')],
  })
  const names = ['good', 'late bomb', 'fine', 'late bomb', 'well']
  await createRecords(
    e.services,
    e.workspaceId,
    'leads',
    names.map((name) => ({ name })),
    BY_KEY,
  )
  await until(async () => (await e.live(id)).filter((row) => row.wait_reason === 'wait').length === 5)
  await e.passTime(id)
  const runs = await e.ended(id, 5)
  const named = await Promise.all(runs.map(async (run) => [(await e.values(run.trigger.record_id!))!.name, run.status]))
  expect(named.toSorted()).toEqual([
    ['fine', 'succeeded'],
    ['good', 'succeeded'],
    ['late bomb', 'failed'],
    ['late bomb', 'failed'],
    ['well', 'succeeded'],
  ])
})

test('a call that was made stands in the log, also when the database refuses what comes behind it', async () => {
  await refuseTask('bomb behind a call')
  const id = await e.automation({
    trigger,
    actions: [{ type: 'webhook', config: { url: e.http.url } }, task('{{record.name}}')],
  })
  await e.create('leads', { name: 'bomb behind a call' })
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'INTERNAL' } })
  expect(e.http.requests).toHaveLength(1)
  expect(run.steps).toMatchObject([{ type: 'webhook', attempts: [{ attempt: 1, output: { status: 200 } }] }])
})

test('what fails once is taken once more, also when the database was away before', async () => {
  // a sequence counts the tries, since what is rolled back leaves no other trace
  await e.pool.query(`
    create sequence tries;
    create or replace function refuse_task() returns trigger language plpgsql as $$
    declare n int;
    begin
      if new.object <> 'tasks' or new.data ->> 'title' <> 'third time' then return new; end if;
      n := nextval('tries');
      if n = 1 then raise exception 'away' using errcode = '57P01'; end if;
      if n = 2 then raise exception 'once' using errcode = '22000'; end if;
      return new;
    end $$`)
  const id = await e.automation({ trigger, actions: [task('{{record.name}}')] })
  await e.create('leads', { name: 'third time' })
  expect(await e.run(id)).toMatchObject({ status: 'succeeded', error: null })
  expect((await e.pool.query('select last_value::int as n from tries')).rows).toEqual([{ n: 3 }])
})

test('find_records with a value that does not fit fails its step alone', async () => {
  const id = await e.automation({
    trigger,
    actions: [
      {
        type: 'find_records',
        key: 'f',
        on_error: 'continue',
        config: { object: 'deals', filters: { deal_value: { $gt: '{{record.name}}' } } },
      },
      task('after'),
    ],
  })
  await e.create('leads', { name: 'no number' })
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(run.steps.map((step) => step.status)).toEqual(['failed', 'succeeded'])
  expect(run.steps[0]!.error!.code).toBe('VALIDATION_ERROR')
})

test('an event that stopped three workers is set aside as a failed run that says so; the others go on', async () => {
  const id = await e.automation({ trigger, actions: [task('never')] })
  await createRecords(
    e.services,
    e.workspaceId,
    'leads',
    [{ name: 'Poison' }, { name: 'Sound' }],
    BY_KEY,
    undefined,
    async (client) => {
      await client.query('update outbox set tries = 3 where seq = (select min(seq) from outbox)')
    },
  )
  const runs = await e.ended(id, 2)
  const byName = new Map(
    await Promise.all(runs.map(async (run) => [(await e.values(run.trigger.record_id!))!.name, run] as const)),
  )
  expect(byName.get('Sound')!.status).toBe('succeeded')
  expect(byName.get('Poison')).toMatchObject({
    status: 'failed',
    error: { code: 'POISON', message: expect.stringContaining('3 times') },
  })
})

test('a waiting run that stopped three workers is set aside, its open step finished in the log', async () => {
  const id = await e.automation({
    trigger,
    actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }, task('never')],
  })
  await e.create('leads', { name: 'Poison' })
  await e.standing(id, 'wait')
  await e.pool.query('update runs_live set tries = 3 where automation_id = $1', [uuidOf('automation', id)])
  await e.passTime(id)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'POISON' } })
  expect(run.steps).toHaveLength(1)
  expect(run.steps[0]!.finished_at).not.toBeNull()
  expect(['running', 'waiting']).not.toContain(run.steps[0]!.status)
})

test('a run of more steps than a batch may take is saved where it stands and goes on', async () => {
  const id = await e.automation({
    trigger,
    actions: [
      {
        type: 'create_record',
        key: 'sum',
        config: { object_definition_id: 'companies', data: { name: 'Sum', size: '0' } },
      },
      {
        type: 'for_each',
        config: {
          items: "{{split(record.notes, ',')}}",
          actions: [
            { type: 'update_record', config: { record_id: '{{steps.sum.id}}', fields: { size: '{{index + 1}}' } } },
            { type: 'update_record', config: { record_id: '{{steps.sum.id}}', fields: { address: '{{item}}' } } },
            { type: 'update_record', config: { record_id: '{{steps.sum.id}}', fields: { industry: '{{item}}' } } },
          ],
        },
      },
    ],
  })
  await e.create('leads', { name: 'Many', notes: Array.from({ length: 1000 }, (_, i) => i).join(',') })
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(run.steps).toHaveLength(3002)
  const { rows } = await e.pool.query(`select data from records where object = 'companies' and data ->> 'name' = 'Sum'`)
  expect(rows).toEqual([{ data: expect.objectContaining({ size: '1000', address: '999', industry: '999' }) }])
  const events = await e.pool.query(
    `select count(*)::int as n from events where object = 'companies' and type = 'record.updated'`,
  )
  expect(events.rows[0].n).toBe(3000)
})
