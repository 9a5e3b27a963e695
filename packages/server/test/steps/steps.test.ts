import { createFieldRoute, type Run } from '@kantos/model'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type ActionInput, createTestEngine, type TestEngine } from '../engine.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())
afterEach(async () => {
  await e.pool.query(`update automations set status = 'inactive', activated_at = null`)
  await e.pool.query('update workspaces set automations_rev = automations_rev + 1')
})

const trigger = { event: 'record.created', object: 'leads' }
const task = (title: string, key?: string): ActionInput => ({
  type: 'create_record',
  ...(key === undefined ? {} : { key }),
  config: { object_definition_id: 'obj_def_tasks', data: { title } },
})
const hour = { type: 'wait' as const, config: { duration: 1, unit: 'hour' } }
const brief = (run: Run) =>
  run.steps.map((step) => `${step.path}${step.index === undefined ? '' : `[${step.index}]`} ${step.status}`)
const titles = async (prefix: string) =>
  (
    await e.pool.query<{ title: string }>(
      `select data ->> 'title' as title from records where object = 'tasks' and data ->> 'title' like $1 order by id`,
      [`${prefix}%`],
    )
  ).rows.map(({ title }) => title)
/** Creates the automation and a lead, and waits for the run's end. */
const runOf = async (actions: ActionInput[], lead: Record<string, unknown> = {}, more: object = {}) => {
  const id = await e.automation({ trigger, actions, ...more })
  const record = await e.create('leads', { name: 'Ada', ...lead })
  return { id, record, run: await e.run(id) }
}

test('each action’s output can be named by later steps', async () => {
  e.http.next({
    kind: 'answer',
    status: 201,
    headers: { 'content-type': 'application/json', 'x-id': '7' },
    body: '{"token":{"n":42}}',
  })
  const { run, record } = await runOf([
    task('made {{record.name}}', 'made'),
    {
      type: 'update_record',
      key: 'changed',
      config: { record_id: '{{steps.made.id}}', fields: { description: 'for {{record.id}}' } },
    },
    {
      type: 'find_records',
      key: 'found',
      config: { object: 'tasks', filters: { title: { $contains: 'made Ada' } }, sort: '-created_at', limit: 5 },
    },
    {
      type: 'webhook',
      key: 'called',
      config: { url: e.http.url, body: { first: '{{steps.found.first.title}}', n: '{{steps.found.count}}' } },
    },
    {
      type: 'send_email',
      key: 'mailed',
      config: { to: 'ada@example.org', subject: 'No. {{steps.called.body.token.n}}', body: 'x' },
    },
    {
      type: 'update_record',
      config: {
        fields: {
          score: '{{steps.called.body.token.n + steps.called.status}}',
          notes: "{{steps.mailed.message_id}} {{steps.called.headers['x-id']}} {{steps.changed.description}}",
        },
      },
    },
    { type: 'delete_record', key: 'gone', config: { record_id: '{{steps.made.id}}' } },
    { type: 'stop', config: { reason: 'deleted {{steps.gone.title}}' } },
    task('after the stop'),
  ])
  expect(run).toMatchObject({ status: 'succeeded', error: null })
  expect(run.steps.map((step) => step.status)).toEqual(Array(8).fill('succeeded'))
  expect(JSON.parse(e.http.requests.at(-1)!.body.toString())).toEqual({ first: 'made Ada', n: 1 })
  await e.smtp.received(1)
  expect(e.smtp.mails.at(-1)!.parsed.subject).toBe('No. 42')
  const values = (await e.values(record))!
  expect(values.score).toBe(243)
  expect(values.notes).toBe(`${e.smtp.mails.at(-1)!.parsed.messageId} 7 for ${record}`)
  expect(run.steps.at(-1)!.output).toEqual({ reason: 'deleted made Ada' })
  expect(await titles('made Ada')).toEqual([])
  expect(await titles('after the stop')).toEqual([])
})

test('record is read as it is when the run reaches the step', async () => {
  const { run, record } = await runOf([
    { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } },
    { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } },
    { type: 'update_record', config: { fields: { notes: '{{record.score}} {{previous.score}}|' } } },
  ])
  expect(run.status).toBe('succeeded')
  expect(await e.values(record)).toMatchObject({ score: 2, notes: '2 |' })
})

test('two quick events that each add 1 add 2', async () => {
  const id = await e.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'company' },
    actions: [{ type: 'update_record', config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } } }],
  })
  const record = await e.create('leads', { name: 'Quick' })
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((company) => e.update(record, { company })))
  await e.ended(id, 5)
  expect((await e.values(record))!.follow_up_count).toBe(5)
})

test('counting on another record loses nothing, though many runs count at once in several workers', async () => {
  await Promise.all([e.addWorker(), e.addWorker()])
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'deals' },
    actions: [
      {
        type: 'update_record',
        config: { record_id: '{{record.company}}', fields: { size: '{{number(record.company.size) + 1}}' } },
      },
    ],
  })
  const company = await e.create('companies', { name: 'Counted', size: '0' })
  await Promise.all(Array.from({ length: 60 }, (_, i) => e.create('deals', { name: `D${i}`, company })))
  const runs = await e.ended(id, 60)
  expect(runs.map((run) => run.status)).toEqual(Array(60).fill('succeeded'))
  expect((await e.values(company))!.size).toBe('60')
})

test('branches nest, and the first that holds is taken', async () => {
  const { run } = await runOf(
    [
      {
        type: 'branch',
        config: {
          conditions: [
            { if: { field: 'score', operator: 'greater_than', value: 100 }, then: [task('B no')] },
            {
              if: { match: 'any', rules: [{ field: 'score', operator: 'greater_than', value: 10 }] },
              then: [
                task('B outer'),
                {
                  type: 'branch',
                  config: {
                    conditions: [
                      { if: { field: 'name', operator: 'equals', value: 'Bob' }, then: [task('B no')] },
                      { else: [task('B inner else')] },
                    ],
                  },
                },
                task('B outer again'),
              ],
            },
            { else: [task('B no')] },
          ],
        },
      },
      task('B end'),
    ],
    { score: 50 },
  )
  expect(await titles('B ')).toEqual(['B outer', 'B inner else', 'B outer again', 'B end'])
  expect(brief(run)).toEqual([
    'actions/0 succeeded',
    'actions/0/conditions/1/then/0 succeeded',
    'actions/0/conditions/1/then/1 succeeded',
    'actions/0/conditions/1/then/1/conditions/1/else/0 succeeded',
    'actions/0/conditions/1/then/2 succeeded',
    'actions/1 succeeded',
  ])
  expect(run.steps[0]!.output).toEqual({ taken: 'conditions/1/then' })
})

test('a branch without a match goes on after it', async () => {
  const { run } = await runOf([
    {
      type: 'branch',
      config: { conditions: [{ if: { field: 'name', operator: 'equals', value: 'Nobody' }, then: [task('N no')] }] },
    },
    task('N end'),
  ])
  expect(brief(run)).toEqual(['actions/0 succeeded', 'actions/1 succeeded'])
  expect(await titles('N ')).toEqual(['N end'])
})

test('a branch judges the record as it is when the run reaches it', async () => {
  const { run } = await runOf([
    { type: 'update_record', config: { fields: { status: 'contacted' } } },
    {
      type: 'branch',
      config: {
        conditions: [
          { if: { field: 'status', operator: 'equals', value: 'contacted' }, then: [task('J now')] },
          { else: [task('J before')] },
        ],
      },
    },
  ])
  expect(run.status).toBe('succeeded')
  expect(await titles('J ')).toEqual(['J now'])
})

test('branches read steps and what a loop is at', async () => {
  await runOf([
    task('T', 'made'),
    {
      type: 'for_each',
      config: {
        items: '{{[1, 2, 3]}}',
        actions: [
          {
            type: 'branch',
            config: {
              conditions: [
                {
                  if: {
                    match: 'all',
                    rules: [
                      { field: 'item', operator: 'equals', value: 2 },
                      { field: 'steps.made.title', operator: 'equals', value: 'T' },
                    ],
                  },
                  then: [task('I two')],
                },
                { if: { field: 'index', operator: 'equals', value: 2 }, then: [task('I last')] },
                { else: [task('I other {{item}}')] },
              ],
            },
          },
        ],
      },
    },
  ])
  expect(await titles('I ')).toEqual(['I other 1', 'I two', 'I last'])
})

test('loops nest, with a branch in a loop in a branch', async () => {
  const { run } = await runOf([
    {
      type: 'branch',
      config: {
        conditions: [
          {
            if: { field: 'name', operator: 'equals', value: 'Ada' },
            then: [
              {
                type: 'for_each',
                config: {
                  items: "{{split('a,b', ',')}}",
                  actions: [
                    task('L {{item}}{{index}}', 'outer'),
                    {
                      type: 'for_each',
                      config: {
                        items: '{{[1, 2]}}',
                        actions: [
                          {
                            type: 'branch',
                            config: {
                              conditions: [
                                {
                                  if: { field: 'item', operator: 'equals', value: 2 },
                                  then: [task('L {{steps.outer.title}}-{{item}}')],
                                },
                              ],
                            },
                          },
                        ],
                      },
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    },
    task('L end'),
  ])
  expect(await titles('L ')).toEqual(['L a0', 'L L a0-2', 'L b1', 'L L b1-2', 'L end'])
  expect(brief(run)).toContain('actions/0/conditions/0/then/0/actions/1/actions/0/conditions/0/then/0[1] succeeded')
  expect(run.status).toBe('succeeded')
})

test('a loop over found records reads each at its turn', async () => {
  const one = await e.create('companies', { name: 'One', industry: 'loop' })
  const two = await e.create('companies', { name: 'Two', industry: 'loop' })
  await runOf([
    {
      type: 'find_records',
      key: 'all',
      config: { object: 'companies', filters: { industry: 'loop' }, sort: { field: 'name', order: 'asc' } },
    },
    {
      type: 'for_each',
      config: {
        items: '{{steps.all.records}}',
        actions: [
          // the second is changed before its turn
          { type: 'update_record', config: { record_id: two, fields: { size: 'turn {{index}}' } } },
          {
            type: 'update_record',
            config: { record_id: '{{item.id}}', fields: { address: '{{item.name}} {{item.size}}' } },
          },
        ],
      },
    },
  ])
  expect((await e.values(one))!.address).toBe('One ')
  expect((await e.values(two))!.address).toBe('Two turn 1')
})

test('find_records sees what the run has written before', async () => {
  const { run } = await runOf([
    task('own write'),
    { type: 'find_records', key: 'f', config: { object: 'tasks', filters: { title: 'own write' } } },
    { type: 'update_record', config: { fields: { score: '{{steps.f.count}}' } } },
  ])
  expect(run.steps[2]!.input).toMatchObject({ fields: { score: 1 } })
})

test('more items than allowed, or no list, fail the loop', async () => {
  const many = await runOf([{ type: 'for_each', config: { items: '{{[1, 2, 3]}}', max: 2, actions: [task('X')] } }])
  expect(many.run).toMatchObject({ status: 'failed', error: { code: 'TOO_MANY_ITEMS' } })
  const none = await runOf([
    { type: 'for_each', on_error: 'continue', config: { items: '{{record.name}}', actions: [task('X')] } },
    task('X after'),
  ])
  expect(none.run).toMatchObject({
    status: 'succeeded',
    steps: [{ status: 'failed', error: { code: 'NOT_A_LIST' } }, { status: 'succeeded' }],
  })
  expect(await titles('X')).toEqual(['X after', 'X after'].slice(0, 1))
})

test('waits inside loops and branches go on where they stood, with the outputs kept', async () => {
  const id = await e.automation({
    trigger,
    actions: [
      task('W {{record.name}}', 'before'),
      {
        type: 'for_each',
        config: {
          items: "{{split('x,y', ',')}}",
          actions: [
            {
              type: 'branch',
              config: {
                conditions: [
                  {
                    if: { field: 'item', operator: 'in', value: ['x', 'y'] },
                    then: [
                      task('W in {{item}}', 'inner'),
                      hour,
                      task('W out {{item}} {{steps.inner.title}} {{steps.before.title}}'),
                    ],
                  },
                ],
              },
            },
          ],
        },
      },
      task('W end'),
    ],
  })
  await e.create('leads', { name: 'Ada' })
  const first = await e.standing(id, 'wait')
  expect(first.due_in).toBeGreaterThan(3_590_000)
  await e.passTime(id)
  await e.standing(id, 'wait')
  expect(await titles('W ')).toEqual(['W Ada', 'W in x', 'W out x W in x W Ada', 'W in y'])
  await e.passTime(id)
  expect((await e.run(id)).status).toBe('succeeded')
  expect(await titles('W ')).toEqual([
    'W Ada',
    'W in x',
    'W out x W in x W Ada',
    'W in y',
    'W out y W in y W Ada',
    'W end',
  ])
})

test('after a wait the record is read again; conditions, previous and changes stay the event’s', async () => {
  const id = await e.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'status' },
    actions: [
      hour,
      {
        type: 'update_record',
        config: { fields: { notes: '{{record.company}} {{previous.status}} {{changes.status.to}}' } },
      },
    ],
  })
  const record = await e.create('leads', { name: 'R', company: '1' })
  await e.update(record, { status: 'contacted' })
  await e.standing(id, 'wait')
  await e.update(record, { company: '2' })
  await e.passTime(id)
  await e.run(id)
  expect((await e.values(record))!.notes).toBe('2 new contacted')
})

test('a record deleted during a wait fails the next step that needs it, with that reason', async () => {
  const id = await e.automation({
    trigger,
    actions: [
      hour,
      task('needs no record'),
      { type: 'send_email', key: 'mail', config: { to: '{{record.email}}', subject: 's', body: 'b' } },
    ],
  })
  const record = await e.create('leads', { name: 'D', email: 'd@example.org' })
  await e.standing(id, 'wait')
  await e.remove(record)
  await e.passTime(id)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'RECORD_DELETED', step_key: 'mail' } })
  expect(run.steps.map((step) => step.status)).toEqual(['succeeded', 'succeeded', 'failed'])
})

test('a step that deleted the record fails later ones that need it', async () => {
  const { run } = await runOf([
    { type: 'delete_record' },
    { type: 'update_record', key: 'u', config: { fields: { name: 'x' } } },
  ])
  expect(run).toMatchObject({ status: 'failed', error: { code: 'RECORD_DELETED', step_key: 'u' } })
})

test('a wait until a moment that is past goes on at once', async () => {
  const { run } = await runOf([{ type: 'wait', config: { until: "{{date_add(now, -1, 'days')}}" } }, task('P')])
  expect(brief(run)).toEqual(['actions/0 succeeded', 'actions/1 succeeded'])
})

test('a wait until a date that is empty fails, saying so', async () => {
  const { run } = await runOf([{ type: 'wait', config: { until: '{{record.last_contacted_at}}' } }])
  expect(run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION' } })
  expect(run.error!.message).toContain('empty')
})

test('what is wrong with a field is said by its name, and its slug isn’t put before it', async () => {
  const fields = { follow_up_count: '{{record.name}}' }
  const { run } = await runOf([{ type: 'update_record', key: 'u', config: { fields } }])
  expect(run.error!.message).toMatch(/^Follow-up count must be a number/)
})

test('a failed step stops the run, or with on_error continue is passed over', async () => {
  const bad = { type: 'update_record' as const, key: 'bad', config: { fields: { score: '{{record.name}}' } } }
  const stopped = await runOf([bad, task('O stopped')])
  expect(stopped.run).toMatchObject({ status: 'failed', error: { code: 'VALIDATION_ERROR', step_key: 'bad' } })
  expect(stopped.run.steps).toHaveLength(1)
  const went = await runOf([{ ...bad, on_error: 'continue' }, task('O went on {{steps.bad.id}}|')])
  expect(went.run).toMatchObject({
    status: 'succeeded',
    error: null,
    steps: [{ status: 'failed' }, { status: 'succeeded' }],
  })
  expect(await titles('O ')).toEqual(['O went on |'])
})

test('stop inside a loop ends the run as succeeded, with its reason', async () => {
  const { run } = await runOf([
    {
      type: 'for_each',
      config: {
        items: '{{[1, 2, 3]}}',
        actions: [
          task('Q {{item}}'),
          {
            type: 'branch',
            config: {
              conditions: [
                {
                  if: { field: 'item', operator: 'equals', value: 2 },
                  then: [{ type: 'stop', config: { reason: 'enough at {{item}}' } }],
                },
              ],
            },
          },
        ],
      },
    },
    task('Q after'),
  ])
  expect(run.status).toBe('succeeded')
  expect(run.steps.at(-1)).toMatchObject({ type: 'stop', output: { reason: 'enough at 2' } })
  expect(await titles('Q ')).toEqual(['Q 1', 'Q 2'])
})

test('a missing value is empty text or null, and the step’s log names it', async () => {
  const { run, record } = await runOf([
    { type: 'update_record', config: { fields: { company: 'at {{record.company}}.', phone: '{{record.phone}}' } } },
  ])
  expect(run.steps[0]!.notes).toEqual(
    expect.arrayContaining([expect.stringContaining('record.company'), expect.stringContaining('record.phone')]),
  )
  expect(await e.values(record)).toMatchObject({ company: 'at .', phone: null })
})

test('a unique conflict fails its step alone', async () => {
  await e.client.call(createFieldRoute, {
    params: { id: 'companies' },
    body: { name: 'Code', slug: 'code', type: 'text', unique: true } as never,
  })
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'contacts' },
    actions: [
      {
        type: 'create_record',
        on_error: 'continue',
        config: { object_definition_id: 'companies', data: { name: '{{record.name}}', code: '{{record.status}}' } },
      },
      task('V {{record.name}}'),
    ],
  })
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((name, i) => e.create('contacts', { name, status: i < 3 ? 'active' : 'inactive' })),
  )
  const runs = await e.ended(id, 4)
  expect(runs.map((run) => run.status)).toEqual(Array(4).fill('succeeded'))
  expect(runs.map((run) => run.steps[0]!.status).toSorted()).toEqual(['failed', 'failed', 'succeeded', 'succeeded'])
  expect(runs.flatMap((run) => (run.steps[0]!.error === undefined ? [] : [run.steps[0]!.error.code]))).toEqual(
    Array(2).fill('DUPLICATE_VALUE'),
  )
  expect(await titles('V ')).toHaveLength(4)
  const { rows } = await e.pool.query(
    `select count(*)::int as n from records where object = 'companies' and data ->> 'code' = 'active'`,
  )
  expect(rows[0].n).toBe(1)
})

test('a payload over 64 KiB is cut in the log, while later steps see it whole', async () => {
  const long = 'x'.repeat(200_000)
  e.http.next({ kind: 'answer', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ long, n: 1 }) })
  const id = await e.automation({
    trigger,
    actions: [
      { type: 'webhook', key: 'big', config: { url: e.http.url, body: 'x' } },
      hour,
      {
        type: 'update_record',
        config: { fields: { notes: '{{steps.big.body.long}}', score: '{{steps.big.body.n}}' } },
      },
    ],
  })
  const record = await e.create('leads', { name: 'Big' })
  await e.standing(id, 'wait')
  await e.passTime(id)
  const run = await e.run(id)
  expect(run.steps[0]!.output).toMatchObject({ truncated: true, size: expect.any(Number), preview: expect.any(String) })
  expect(JSON.stringify(run).length).toBeLessThan(70_000)
  expect(((await e.values(record))!.notes as string).length).toBe(200_000)
})

test('in test mode nothing is sent and waits are skipped, and records are written', async () => {
  const before = { mails: e.smtp.mails.length, requests: e.http.requests.length }
  const { run, record } = await runOf(
    [
      { type: 'send_email', config: { to: '{{record.email}}', subject: 'Hi {{record.name}}', body: 'b' } },
      { type: 'webhook', config: { url: `${e.http.url}/x`, body: { name: '{{record.name}}' } } },
      hour,
      { type: 'update_record', config: { fields: { notes: 'tested' } } },
    ],
    { email: 'ada@example.org' },
    { mode: 'test' },
  )
  expect(run).toMatchObject({ status: 'succeeded', mode: 'test' })
  expect(run.steps.map((step) => step.status)).toEqual(['not_sent', 'not_sent', 'skipped', 'succeeded'])
  expect(run.steps[0]!.input).toMatchObject({ to: ['ada@example.org'], subject: 'Hi Ada', text: 'b' })
  expect(run.steps[1]!.input).toMatchObject({ url: `${e.http.url}/x`, method: 'POST', body: { name: 'Ada' } })
  expect((await e.values(record))!.notes).toBe('tested')
  expect({ mails: e.smtp.mails.length, requests: e.http.requests.length }).toEqual(before)
})

test('a run’s writes are events like any other: they name the run and carry its chain', async () => {
  const { run } = await runOf([task('chained')])
  const { rows } = await e.pool.query(`select * from events where after ->> 'title' = 'chained'`)
  expect(rows[0]).toMatchObject({ source: 'automation', actor: run.id, depth: 1 })
  expect(rows[0].path).toHaveLength(1)
})

test('a find that takes longer than five seconds fails its step alone', async () => {
  const id = await e.automation({
    trigger: { event: 'webhook.received', auth: 'none' },
    actions: [
      { type: 'find_records', key: 'find', on_error: 'continue', config: { object: 'companies' } },
      { type: 'webhook', config: { url: e.http.url, body: 'found {{steps.find.count}}' } },
    ],
  })
  const before = e.http.requests.length
  const client = await e.pool.connect()
  try {
    // what is looked for is in somebody's hands: the find waits for it as it would for a slow plan
    await client.query('begin; lock table records in access exclusive mode')
    const called = await e.request(`/api/webhooks/automation/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(called.status).toBe(202)
    await e.http.received(before + 1)
  } finally {
    await client.query('rollback')
    client.release()
  }
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(run.steps[0]).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', kind: 'transient' } })
  expect(run.steps[0]!.error!.message).toBe('The records were not found within 5 s. Narrow the filters.')
  expect(e.http.requests.at(-1)!.body.toString()).toBe('found ')
})
