import {
  activateAutomationRoute,
  type AutomationAnswer,
  createAutomationRoute,
  createEmailTemplateRoute,
  createRecordRoute,
  deleteAutomationRoute,
  deleteRecordRoute,
  getRecordRoute,
  listAutomationsRoute,
  publicId,
  queryRecordsRoute,
  type RecordAnswer,
  recipeFor,
  RECIPES,
  resumeRunRoute,
  type Run,
  updateRecordRoute,
} from '@kantos/model'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type AppWithWorker, startAppWithWorker } from '../app-with-worker.ts'

const ADDRESS = 'me@sales.test'
const DAY = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString()

let t: AppWithWorker
beforeAll(async () => {
  t = await startAppWithWorker()
})
afterAll(() => t.drop())
afterEach(async () => {
  for (const { id } of (await t.client.call(listAutomationsRoute)).data)
    await t.client.call(deleteAutomationRoute, { params: { id } })
  await t.pool.query('truncate records')
  t.mails.length = 0
})

async function create(object: string, values: Record<string, unknown>): Promise<RecordAnswer> {
  return (await t.client.call(createRecordRoute, { body: { object_id: object, field_values: values } })) as RecordAnswer
}
async function update({ id }: { id: string }, field_values: Record<string, unknown>): Promise<void> {
  await t.client.call(updateRecordRoute, { params: { id }, body: { field_values } })
}
async function read({ id }: { id: string }): Promise<Record<string, unknown>> {
  return (await t.client.call(getRecordRoute, { params: { id } })).field_values
}
async function tasks(): Promise<unknown[]> {
  const { data } = await t.client.call(queryRecordsRoute, { query: { object_id: 'tasks', per_page: 100 } })
  return data.map(({ field_values }) => field_values['title'])
}
/** Lets the next tick of a schedule come now. */
async function tick(): Promise<void> {
  await t.pool.query("update schedules set next_tick_at = now() - interval '1 second'")
  t.services.wake()
}
const subjects = () => t.mails.map(({ to, subject }) => [to[0], subject])

/** Each recipe's event, caused as a user would, and what has to be there afterwards. */
const STORIES: Record<string, (automation: AutomationAnswer) => Promise<void>> = {
  'welcome-new-lead': async (automation) => {
    const lead = await create('leads', { name: 'Ada', email: 'ada@example.org' })
    await succeeds(automation)
    expect(subjects()).toEqual([['ada@example.org', 'Welcome, Ada']])
    expect((await read(lead))['last_contacted_at']).toEqual(expect.any(String))
  },
  'follow-up-after-three-days': async (automation) => {
    const lead = await create('leads', { name: 'Ada', email: 'ada@example.org' })
    const waiting = await t.runOf(automation, 'waiting')
    expect(Date.parse(waiting.steps[0]!.resume_at!) - Date.now()).toBeGreaterThan(2.9 * DAY)
    await t.client.call(resumeRunRoute, { params: { id: waiting.id } })
    await succeeds(automation)
    expect(subjects()).toEqual([['ada@example.org', 'Still interested, Ada?']])
    expect((await read(lead))['follow_up_count']).toBe(1)
  },
  're-engage-quiet-leads': async (automation) => {
    const quiet = { status: 'contacted', last_contacted_at: inDays(-30.5) }
    const lead = await create('leads', { name: 'Ada', email: 'ada@example.org', ...quiet })
    await create('leads', { name: 'No address', ...quiet })
    await tick()
    await succeeds(automation)
    expect(subjects()).toEqual([['ada@example.org', 'It has been a while, Ada']])
    expect((await read(lead))['follow_up_count']).toBe(1)
  },
  'convert-qualified-lead': async (automation) => {
    const lead = await create('leads', { name: 'Ada', email: 'ada@example.org', estimated_value: 900 })
    await update(lead, { status: 'qualified' })
    const run = await succeeds(automation)
    const [contact, deal] = run.steps.map(({ output }) => (output as { id: string }).id)
    expect(await read({ id: contact! })).toMatchObject({ name: 'Ada', email: 'ada@example.org' })
    expect(await read({ id: deal! })).toMatchObject({ name: 'Ada', deal_value: 900, stage: 'Qualified', contact })
  },
  'owner-hand-over': async (automation) => {
    const lead = await create('leads', { name: 'Ada' })
    const { id, email } = await t.logIn('editor')
    await update(lead, { owner: publicId('user', id) })
    await succeeds(automation)
    expect(await tasks()).toEqual(['Take over Ada'])
    expect(subjects()).toEqual([[email, 'Ada is yours now']])
  },
  'clean-up-deleted-lead': async (automation) => {
    const lead = await create('leads', { name: 'Ada' })
    await create('tasks', { title: 'Call her', related_record_id: lead.id })
    await create('tasks', { title: 'Another' })
    await t.client.call(deleteRecordRoute, { params: { id: lead.id } })
    await succeeds(automation)
    expect(await tasks()).toEqual(['Another'])
  },
  'stage-change-notice': async (automation) => {
    await update(await create('deals', { name: 'Fleet', deal_value: 5 }), { stage: 'Won' })
    await succeeds(automation)
    expect(subjects()).toEqual([[ADDRESS, 'Fleet: Lead → Won']])
  },
  'high-value-alert': async (automation) => {
    await create('deals', { name: 'Fleet', deal_value: 10_000 })
    await succeeds(automation)
    expect(subjects()).toEqual([[ADDRESS, 'High value: Fleet (10000)']])
    expect(await tasks()).toEqual(['Review the deal Fleet'])
  },
  'task-on-deal-won': async (automation) => {
    await update(await create('deals', { name: 'Fleet' }), { stage: 'Won' })
    await succeeds(automation)
    expect(await tasks()).toEqual(['Kick-off with Fleet'])
  },
  'stale-deals-digest': async (automation) => {
    for (const name of ['Old', 'Older']) await create('deals', { name })
    await t.pool.query("update records set updated_at = now() - interval '15 days' where object = 'deals'")
    await create('deals', { name: 'New' })
    await tick()
    await succeeds(automation)
    expect((await tasks()).toSorted()).toEqual(['Move Old forward, or close it', 'Move Older forward, or close it'])
    expect(subjects()).toEqual([[ADDRESS, '2 deals need attention']])
  },
  'renewal-reminder': async (automation) => {
    const { rows } = await t.pool.query(
      "select to_char(now() at time zone 'UTC' - interval '335 days', 'YYYY-MM-DD') as day",
    )
    await create('deals', { name: 'Fleet', stage: 'Won', close_date: rows[0].day })
    await tick()
    await succeeds(automation)
    expect(await tasks()).toEqual(['Renew Fleet'])
  },
  'overdue-task-reminder': async (automation) => {
    await create('tasks', { title: 'Call her', due_date: inDays(-0.5) })
    await create('tasks', { title: 'Done', due_date: inDays(-0.5), status: 'done' })
    await tick()
    await succeeds(automation)
    expect(subjects()).toEqual([[ADDRESS, 'Overdue: Call her']])
  },
  'new-contact-company': async (automation) => {
    await create('companies', { name: 'Orbit' })
    await succeeds(automation)
    expect(await tasks()).toEqual(['Find the website of Orbit'])
  },
  'lead-from-web-form': async (automation) => {
    const body = new URLSearchParams({ name: 'Ada', email: 'ada@example.org', company: 'Orbit', message: 'Hello' })
    const answer = await t.request(new URL(automation.webhook!.url).pathname, { method: 'POST', body })
    expect(answer.status).toBe(202)
    const run = await succeeds(automation)
    expect(await read(run.steps[0]!.output as { id: string })).toMatchObject({
      name: 'Ada',
      email: 'ada@example.org',
      source: 'web',
      notes: 'Hello',
    })
  },
  'deal-won-to-chat': async (automation) => {
    await update(await create('deals', { name: 'Fleet', deal_value: 5 }), { stage: 'Won' })
    const { mode, steps } = await succeeds(automation)
    // in test mode until the chat's address is filled in
    expect([mode, steps[0]!.status, t.requests]).toEqual(['test', 'not_sent', []])
    expect(JSON.stringify(steps[0]!.input)).toContain('🎉 Fleet is won: 5')
  },
}

const succeeds = (automation: AutomationAnswer): Promise<Run> => t.runOf(automation, 'succeeded')

test.each(RECIPES.map((recipe) => [recipe.slug, recipe] as const))('%s works as it is', async (slug, recipe) => {
  for (const template of recipe.templates) await t.client.call(createEmailTemplateRoute, { body: template })
  const { id } = await t.client.call(createAutomationRoute, { body: recipeFor(recipe, ADDRESS) as never })
  const automation = await t.client.call(activateAutomationRoute, { params: { id } })
  await STORIES[slug]!(automation)
})
