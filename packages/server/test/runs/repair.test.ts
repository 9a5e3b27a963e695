import {
  type Automation,
  bulkRunsRoute,
  listCausesRoute,
  listRunsRoute,
  putSecret,
  replayRunRoute,
  retryRunRoute,
  type Run,
  updateAutomationRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answered, type AppWithWorker, startAppWithWorker } from '../app-with-worker.ts'
import { until } from '../helpers.ts'

let t: AppWithWorker
beforeAll(async () => {
  t = await startAppWithWorker()
})
afterAll(() => t.drop())

const trigger = { event: 'record.created', object: 'leads' }
const task = (title: string, key?: string) => ({
  type: 'create_record',
  ...(key === undefined ? {} : { key }),
  config: { object_definition_id: 'tasks', data: { title } },
})
const hook = (config: object = {}, more: object = {}) => ({
  type: 'webhook',
  key: 'call',
  config: { url: 'https://example.org/hook', retry: { delays_seconds: [] }, ...config },
  ...more,
})

/** An automation, and its run on a new lead, ended; it starts no further ones. */
async function runOf(actions: object[], values: object = {}): Promise<{ automation: Automation; run: Run }> {
  const automation = await t.automation({ trigger, actions } as never)
  await t.lead(values as never)
  const id = await until(
    async () => (await t.client.call(listRunsRoute, { query: { automation_id: automation.id } })).data[0]?.id,
  )
  const run = await ended(id)
  await t.pool.query(`update automations set status = 'inactive'`)
  await t.pool.query('update workspaces set automations_rev = automations_rev + 1')
  return { automation, run }
}
const ended = (id: string) =>
  until(async () => {
    const run = await t.run(id)
    return run.finished_at === null ? null : run
  })
const retry = async (run: Run, body: object = {}) =>
  ended((await t.client.call(retryRunRoute, { params: { id: run.id }, body: body as never })).id)
const change = (automation: Automation, parts: object) => {
  const { name, conditions } = automation
  return t.client.call(updateAutomationRoute, {
    params: { id: automation.id },
    body: { name, trigger, conditions, ...parts } as never,
  })
}
const titles = (run: Run) => run.steps.flatMap(({ output }) => (output as { title?: string } | null)?.title ?? [])
const refused = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { status: number; message: string; details?: { errors?: { path: string }[] } }) => error,
  )

test('a failed run is retried once; who asks again is told as what, and may insist', async () => {
  t.answer(() => answered(500))
  const { run } = await runOf([hook()])
  const again = await retry(run)
  const second = await refused(retry(run))
  expect(second).toMatchObject({ status: 409 })
  expect(second!.message).toContain(`already retried as ${again.id}`)
  expect((await t.run(run.id)).retried_by).toBe(again.id)
  const forced = await retry(run, { force: true })
  expect((await t.run(run.id)).retried_by).toBe(forced.id)
  expect((await retry(again)).retry_of).toBe(again.id)
})

test('of two retries at the same moment one makes a run', async () => {
  t.answer(() => answered(500))
  const { run } = await runOf([hook()])
  const answers = await Promise.all(Array.from({ length: 8 }, () => refused(retry(run))))
  expect(answers.filter((error) => error === null)).toHaveLength(1)
  expect(answers.filter((error) => error?.status === 409)).toHaveLength(7)
  const { rowCount } = await t.pool.query('select from runs where retry_of = $1', [uuidOf('run', run.id)])
  expect(rowCount).toBe(1)
})

test('a replay can be made again and again, and doesn’t stand in the way of a retry', async () => {
  t.answer(() => answered(500))
  const { automation, run } = await runOf([hook()])
  await t.pool.query(`update automations set status = 'active' where id = $1`, [uuidOf('automation', automation.id)])
  for (let n = 0; n < 2; n++)
    expect((await ended((await t.client.call(replayRunRoute, { params: { id: run.id } })).id)).status).toBe('failed')
  expect((await retry(run)).retry_of).toBe(run.id)
})

test('on the newest version a retry goes on at the step of the same key, with what was done before', async () => {
  t.answer(() => answered(500))
  const { automation, run } = await runOf([task('made', 'made'), hook()])
  await change(automation, {
    actions: [
      task('new before', 'earlier'),
      task('made otherwise', 'made'),
      hook({ url: 'https://example.org/moved', body: { of: '{{steps.made.title}}', new: '{{steps.earlier.title}}' } }),
      task('{{steps.call.status}}', 'behind'),
    ],
  })
  t.answer(() => answered(200))
  const again = await retry(run, { version: 'newest' })
  expect(again).toMatchObject({ status: 'succeeded', version: 2 })
  expect(titles(again)).toEqual(['made', '200'])
  const request = t.requests.at(-1)!
  expect(request.url).toBe('https://example.org/moved')
  expect(JSON.parse(String(request.body))).toEqual({ of: 'made', new: null })
})

test('a step that is gone, is another action, or stands elsewhere keeps a run from the newest version', async () => {
  t.answer(() => answered(500))
  const { automation, run } = await runOf([task('x', 'x'), hook()])
  const words = async (actions: object[]) => {
    await change(automation, { actions })
    return (await refused(retry(run, { version: 'newest' })))!.message
  }
  expect(await words([task('x', 'x')])).toMatch(/^Version 2 has no step “call” any more\./)
  expect(await words([task('x', 'x'), task('y', 'call')])).toMatch(
    /^Version 3 has another action as “call”: create_record, not webhook\./,
  )
  expect(await words([{ type: 'branch', conditions: [{ else: [hook()] }] }])).toMatch(
    /^Version 4 has the step “call” elsewhere/,
  )
  t.answer(() => answered(200))
  expect(await retry(run)).toMatchObject({ status: 'succeeded', version: 1 })
})

test('if the newest version has other conditions, they decide first', async () => {
  t.answer(() => answered(500))
  const { automation, run } = await runOf([hook()], { status: 'new' })
  const conditions = { match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'qualified' }] }
  await change(automation, { actions: [hook()], conditions })
  const again = await retry(run, { version: 'newest' })
  expect(again).toMatchObject({ status: 'skipped', version: 2 })
  expect(again.conditions.rules).toMatchObject([{ field: 'status', actual: 'new', passed: false }])
})

test('a retry with an edited input uses it, keeps what it doesn’t touch, and says who edited', async () => {
  t.answer(() => answered(500))
  const { run } = await runOf([
    hook({ body: { name: '{{record.name}}', tags: ['a'] }, headers: { 'X-Kind': 'lead', 'X-Other': 'o' } }),
  ])
  t.answer(() => answered(200))
  const again = await retry(run, {
    input: { url: 'https://example.org/right', headers: { 'X-Kind': 'fixed' }, body: { tags: ['b'] } },
  })
  expect(again.status).toBe('succeeded')
  const request = t.requests.at(-1)!
  expect(request).toMatchObject({ url: 'https://example.org/right', headers: { 'X-Kind': 'fixed', 'X-Other': 'o' } })
  expect(JSON.parse(String(request.body))).toEqual({
    name: (run.steps[0]!.input as { body: { name: string } }).body.name,
    tags: ['b'],
  })
  expect(again.steps[0]!.edited).toEqual({
    by: expect.stringMatching(/^(key|user)_/),
    at: expect.any(String),
    input: { url: 'https://example.org/right', headers: { 'X-Kind': 'fixed' }, body: { tags: ['b'] } },
  })
})

test('an e-mail that failed for its address goes out to the right one, its own text with it', async () => {
  const { run } = await runOf([
    { type: 'send_email', config: { to: 'a@x.org, b@x.org', subject: 'S {{record.name}}', body: 'B' } },
  ])
  expect(run.error).toMatchObject({ code: 'INVALID_ADDRESS', step_key: 'send_email_1' })
  const again = await retry(run, { input: { to: 'a@x.org' } })
  expect(again.steps[0]).toMatchObject({ status: 'succeeded', input: { to: ['a@x.org'], text: 'B' } })
  const { run: other } = await runOf([{ type: 'send_email', config: { to: 'a@x.org,', subject: 'S', body: 'B' } }])
  const edited = await retry(other, { input: { to: ['b@x.org'], subject: 'braces }} stay', body: '<b>bold</b>' } })
  expect(edited.steps[0]!.input).toMatchObject({ to: ['b@x.org'], subject: 'braces }} stay', html: '<b>bold</b>' })
})

test('a record step can be led to another record, and its fields corrected one by one', async () => {
  const other = await t.lead({ name: 'Other' } as never)
  const { run } = await runOf([
    { type: 'update_record', config: { record_id: '{{record.company}}', fields: { notes: 'n', score: 3 } } },
  ])
  expect(run.error).toMatchObject({ code: 'RECORD_NOT_FOUND' })
  const again = await retry(run, { input: { record_id: other.id, fields: { notes: 'edited' } } })
  expect(again.steps[0]).toMatchObject({
    status: 'succeeded',
    input: { record_id: other.id, fields: { notes: 'edited', score: 3 } },
  })
})

test('an edited input that can’t be is refused, and nothing is retried', async () => {
  t.answer(() => answered(500))
  await t.client.call(putSecret, { params: { name: 'token' }, body: { value: 'hush-hush-hush' } })
  const { run } = await runOf([hook({ headers: { Authorization: 'Bearer {{secrets.token}}', 'X-A': 'a' } })])
  const logged = run.steps[0]!.input as { headers: Record<string, string> }
  expect(logged.headers.Authorization).toBe('Bearer ••••')
  const paths = async (input: object) => {
    const error = await refused(retry(run, { input }))
    return [error?.status, error?.details?.errors?.map(({ path }) => path)]
  }
  expect(await paths({ nope: 1 })).toEqual([422, ['/input/nope']])
  expect(await paths({ timeout_seconds: 99 })).toEqual([422, ['/input/timeout_seconds']])
  expect(await paths({ headers: { Authorization: 'Basic ••••' } })).toEqual([422, ['/input/headers/Authorization']])
  expect(await paths({ url: 'https://x.org/{{secrets.token}}' })).toEqual([422, ['/input/url']])
  expect((await t.run(run.id)).retried_by).toBeUndefined()
  t.answer(() => answered(200))
  // the whole input as it was logged, with one part changed: the secret stays in its place
  const again = await retry(run, { input: { ...logged, headers: { ...logged.headers, 'X-A': 'b' } } })
  expect(again.status).toBe('succeeded')
  expect(t.requests.at(-1)!.headers).toMatchObject({ Authorization: 'Bearer hush-hush-hush', 'X-A': 'b' })
  expect(again.steps[0]!.edited!.input).toEqual({ headers: { 'X-A': 'b' } })
})

test('an edit that the step wouldn’t go by is refused, instead of doing what was asked otherwise', async () => {
  const paths = async (action: object, input: object) => {
    const { run } = await runOf([action])
    const error = await refused(retry(run, { input }))
    return error?.details?.errors?.map(({ path }) => path) ?? null
  }
  const mail = { type: 'send_email', config: { to: 'nobody', subject: 'Own', body: 'Own' } }
  expect(await paths(mail, { to: 'a@x.org', template_id: 'tmpl_1', variables: { v: 1 } })).toEqual([
    '/input/template_id',
    '/input/variables',
  ])
  t.answer(() => answered(500))
  expect(await paths(hook({ method: 'GET' }), { body: 'x' })).toEqual(['/input/body'])
  expect(await paths(hook({ method: 'GET' }), { body: 'x', method: 'POST' })).toBeNull()
  const until = { type: 'wait', config: { until: '{{record.name}}' } }
  expect(await paths(until, { duration: 1, unit: 'days', until: '2020-01-01' })).toEqual([
    '/input/duration',
    '/input/unit',
  ])
  expect(await paths(until, { until: '2020-01-01', if_past: 'skip' })).toBeNull()
})

test('an edited input is for its own item of a loop alone, and stays for the next retry while the step fails', async () => {
  t.answer(({ url }) => answered(url.endsWith('/b') ? 500 : 200))
  const { run } = await runOf([
    {
      type: 'for_each',
      items: "{{split('a,b,c', ',')}}",
      actions: [hook({ url: 'https://example.org/{{item}}', body: 'of {{item}}' })],
    },
  ])
  const still = await retry(run, { input: { body: 'edited' } })
  expect(still.status).toBe('failed')
  t.answer(() => answered(200))
  const before = t.requests.length
  const again = await retry(still)
  expect(again.status).toBe('succeeded')
  expect(t.requests.slice(before).map(({ body }) => body)).toEqual(['edited', 'of c'])
  expect(again.steps.map(({ edited }) => edited !== undefined)).toEqual([false, false, true, false])
})

test('failures are grouped by cause: what differs from run to run doesn’t tell them apart, what matters does', async () => {
  const statuses: Record<string, number> = { one: 503, two: 503, three: 404 }
  t.answer(({ body }) => answered(statuses[String(body)] ?? 200))
  const automation = await t.automation({
    name: 'Grouped',
    trigger,
    actions: [hook({ body: '{{record.name}}' })],
  } as never)
  for (const name of Object.keys(statuses)) await t.lead({ name } as never)
  const runs = await until(async () => {
    const { data } = await t.client.call(listRunsRoute, { query: { automation_id: automation.id, status: 'failed' } })
    return data.length === 3 ? data : null
  })
  const causes = async () =>
    (await t.client.call(listCausesRoute, { query: { automation_id: automation.id } })).data.toSorted(
      (a, b) => b.runs - a.runs,
    )
  const [busy, gone] = await causes()
  expect(busy).toMatchObject({
    automation_id: automation.id,
    automation_name: 'Grouped',
    step_key: 'call',
    code: 'WEBHOOK_FAILED',
    cause: 'example.org answered 503.',
    kind: 'transient',
    runs: 2,
    retried: 0,
  })
  expect(gone).toMatchObject({ cause: 'example.org answered 404.', kind: 'permanent', runs: 1 })
  expect(runs.map(({ cause }) => cause).toSorted()).toEqual([busy!.key, busy!.key, gone!.key].toSorted())
  const { data } = await t.client.call(listRunsRoute, { query: { cause: busy!.key } })
  expect(data.map(({ id }) => id)).toContain(busy!.sample_run_id)
  expect(data).toHaveLength(2)
  // one click retries the group; what was retried waits for nobody any more
  const filter = { cause: busy!.key, unretried: true }
  const done = await t.client.call(bulkRunsRoute, { body: { action: 'retry', filter, version: 'newest' } as never })
  expect(done).toMatchObject({ matched: 2, done: 2, failed: 0, next_cursor: null })
  await until(async () => (await causes())[0]!.runs === 4)
  expect((await causes())[0]).toMatchObject({ runs: 4, retried: 2 })
  const left = await t.client.call(listRunsRoute, { query: { cause: busy!.key, unretried: 'true' } })
  expect(left.data.map(({ retry_of }) => retry_of).toSorted()).toEqual(data.map(({ id }) => id).toSorted())
  const nothing = await t.client.call(listRunsRoute, { query: { unretried: 'true', status: 'succeeded' } })
  expect(nothing.data).toEqual([])
})

test('causes have words without ids, quoted values, times and numbers', async () => {
  const words = async (message: string) =>
    (await t.pool.query<{ words: string }>('select failure_words($1) as words', [message])).rows[0]!.words
  expect(await words('127.0.0.1:34567 answered 503.')).toBe('# answered 503.')
  expect(await words('Another record has "a@x.org" in the unique field email.')).toBe(
    'Another record has “…” in the unique field email.',
  )
  expect(await words(`there is no record rec_${'0a'.repeat(16)}; 3 of 1,000 since 2026-11-23T10:00:00.000Z`)).toBe(
    'there is no record …; # of # since #',
  )
  expect(await words('mail.x.org answered RCPT TO with: 550 5.1.1 <ada@x.org> user unknown')).toBe(
    'mail.x.org answered RCPT TO with: 550 # <…> user unknown',
  )
  expect(await words('No complete answer within 30 s.')).toBe('No complete answer within # s.')
  expect(await words('“to” is a@b.org, c@d.org; say "it\\"s" 12345 or 4040.')).toBe('“…” is …, …; say “…” # or #.')
})

test('test runs have no cause, and a bulk action but retry takes no version', async () => {
  const automation = await t.automation({
    mode: 'test',
    trigger,
    actions: [{ type: 'delete_record', config: { record_id: `rec_${'0'.repeat(31)}1` } }],
  } as never)
  await t.lead({})
  await until(async () => {
    const { data } = await t.client.call(listRunsRoute, { query: { automation_id: automation.id, status: 'failed' } })
    return data.length === 1 && data[0]!.cause === undefined
  })
  const error = await refused(
    t.client.call(bulkRunsRoute, { body: { action: 'replay', filter: {}, version: 'newest' } as never }),
  )
  expect(error).toMatchObject({ status: 422 })
})
