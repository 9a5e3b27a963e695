import { ApiError, type AutomationAnswer, publicId } from '@kantos/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { activateAutomation, deactivateAutomation, setMode } from '../../src/automations/activate.ts'
import { deleteAutomation } from '../../src/automations/delete.ts'
import { duplicateAutomation } from '../../src/automations/duplicate.ts'
import { judge } from '../../src/automations/judge.ts'
import { listAutomations } from '../../src/automations/list.ts'
import { findAutomation, presentAutomation } from '../../src/automations/row.ts'
import { createAutomation, type Saved, updateAutomation } from '../../src/automations/save.ts'
import { compareVersions, getVersion, listVersions, restoreVersion } from '../../src/automations/versions.ts'
import { countLog } from '../../src/health/count.ts'
import { countFailures, readFailures } from '../../src/health/failures.ts'
import type { Principal } from '../../src/services.ts'
import { createTestApp, TEST_ORIGIN, type TestApp } from '../app.ts'

let t: TestApp
let me: Principal
const lead = { event: 'record.created', object: 'obj_def_leads' }
const stop = { type: 'stop', config: {} }
const welcome = { name: 'Welcome', trigger: lead, actions: [stop] }
const nobody = async () => {}

beforeAll(async () => {
  t = await createTestApp()
  const id = t.services.time.id()
  me = { workspaceId: t.workspaceId, kind: 'key', id, actor: publicId('key', id), name: 'Test', role: 'admin' }
})
afterAll(() => t.drop())

const create = (over: object = {}): Promise<Saved> => createAutomation(t.services, me, { ...welcome, ...over })
const shown = ({ row }: Saved): AutomationAnswer => presentAutomation(t.services, me, row)
const stored = async ({ row }: Saved) => (await findAutomation(t.pool, me.workspaceId, row.id))!
const count = async (text: string, ...values: unknown[]) =>
  Number((await t.pool.query<{ n: number }>(`select count(*) as n from ${text}`, values)).rows[0]!.n)
const revision = async () =>
  Number(
    (await t.pool.query('select automations_rev as rev from workspaces where id = $1', [me.workspaceId])).rows[0].rev,
  )
const versionsOf = (saved: Saved) => count('automation_versions where automation_id = $1', saved.row.id)
const thrown = async (work: Promise<unknown>): Promise<ApiError> => {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

describe('saving', () => {
  test('a new automation is inactive, live and at version 1, and reads back as it was written', async () => {
    const before = await revision()
    const saved = await create()
    expect(shown(saved)).toMatchObject({
      id: expect.stringMatching(/^auto_[0-9a-f]{32}$/),
      ...welcome,
      description: '',
      status: 'inactive',
      mode: 'live',
      version: 1,
      conditions: { match: 'all', rules: [] },
      actions: [{ key: 'stop_1', ...stop }],
      created_by: me.actor,
    })
    expect(presentAutomation(t.services, me, await stored(saved))).toEqual(shown(saved))
    expect(await revision()).toBe(before + 1)
    expect(await count(`audit_log where target = $1 and action = 'automation.created'`, shown(saved).id)).toBe(1)
  })

  test('a refused document leaves nothing behind and names its problems', async () => {
    const before = await count('automations')
    const error = await thrown(create({ trigger: { event: 'record.created', object: 'nope' } }))
    expect(error.code).toBe('VALIDATION_ERROR')
    expect(error.details).toMatchObject({ errors: [{ path: '/trigger/object' }] })
    expect(await count('automations')).toBe(before)
  })

  test('the same document again makes no version and raises no revision', async () => {
    const saved = await create()
    const before = await revision()
    const again = await updateAutomation(t.services, me, saved.row.id, shown(saved))
    expect(again.row.version).toBe(1)
    expect(await versionsOf(saved)).toBe(1)
    expect(await revision()).toBe(before)
    expect(again.row.updated_at).toEqual(saved.row.updated_at)
  })

  test('a changed document, name or description is a version each', async () => {
    const saved = await create()
    const { id } = saved.row
    await updateAutomation(t.services, me, id, { ...welcome, serial: true })
    await updateAutomation(t.services, me, id, { ...welcome, serial: true, name: 'Hello' })
    const last = await updateAutomation(t.services, me, id, {
      ...welcome,
      serial: true,
      name: 'Hello',
      description: 'x',
    })
    expect(last.row.version).toBe(4)
    expect(await versionsOf(saved)).toBe(4)
  })

  test('without status and mode those stay, with them they are set', async () => {
    const saved = await create({ status: 'active', mode: 'test' })
    const { id } = saved.row
    const kept = await updateAutomation(t.services, me, id, { ...welcome, name: 'B' })
    expect(shown(kept)).toMatchObject({ status: 'active', mode: 'test', version: 2 })
    const set = await updateAutomation(t.services, me, id, { ...welcome, name: 'B', status: 'inactive', mode: 'live' })
    expect(shown(set)).toMatchObject({ status: 'inactive', mode: 'live', version: 2, activated_at: null })
  })

  test('a save based on an older version is a conflict, and of two at once one wins', async () => {
    const { row } = await create()
    const based = (name: string) => updateAutomation(t.services, me, row.id, { ...welcome, name, version: 1 })
    const results = await Promise.allSettled([based('one'), based('two')])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const error = await thrown(based('three'))
    expect([error.code, error.details]).toEqual(['CONFLICT', { version: 2 }])
  })

  test('another workspace has no such automation', async () => {
    const { row } = await create()
    const other = await t.newWorkspace('Other')
    const stranger = { ...me, workspaceId: other.id }
    for (const work of [
      () => updateAutomation(t.services, stranger, row.id, welcome),
      () => activateAutomation(t.services, stranger, row.id),
      () => setMode(t.services, stranger, row.id, 'test'),
      () => duplicateAutomation(t.services, stranger, row.id),
      () => deleteAutomation(t.services, stranger, row.id, nobody),
      () => listVersions(t.pool, other.id, row.id, { page: 1, per_page: 10 }),
      () => getVersion(t.pool, other.id, row.id, 1),
      () => restoreVersion(t.services, stranger, row.id, 1),
    ])
      expect((await thrown(work())).code).toBe('NOT_FOUND')
  })

  test('a template named by its name is stored by its id, and needs no name after that', async () => {
    const id = t.services.time.id()
    await t.pool.query('insert into email_templates (workspace_id, id, name, subject) values ($1, $2, $3, $4)', [
      me.workspaceId,
      id,
      'Greeting',
      'Hi {{record.nick}}',
    ])
    const saved = await create({ actions: [{ type: 'send_email', template: 'Greeting', to: '{{record.email}}' }] })
    expect((await stored(saved)).document.actions).toEqual([
      {
        key: 'send_email_1',
        type: 'send_email',
        config: { template_id: publicId('template', id), to: '{{record.email}}' },
      },
    ])
    expect(saved.warnings).toMatchObject([
      { path: '/actions/0/template', message: 'the template "Greeting": there is no field "nick" in Leads' },
    ])
    expect((await updateAutomation(t.services, me, saved.row.id, shown(saved))).row.version).toBe(1)
  })

  test('a save warns of a loop with itself and with other active automations', async () => {
    await create({ name: 'Listener', status: 'active', trigger: { event: 'record.created', object: 'companies' } })
    const company = { type: 'create_record', config: { object_definition_id: 'companies', data: { name: 'X' } } }
    const saved = await create({ trigger: { event: 'record.created', object: 'obj_companies' }, actions: [company] })
    expect(saved.warnings.map(({ message }) => message)).toEqual([
      'this creates a record of Companies, which starts this automation again',
      'this creates a record of Companies, which starts the automation "Listener"',
    ])
    const { row } = await create({
      name: 'Alone',
      status: 'active',
      trigger: { event: 'record.updated', object: 'companies' },
    })
    const update = {
      ...welcome,
      trigger: { event: 'record.updated', object: 'companies' },
      actions: [{ type: 'update_record', fields: { size: '1' } }],
    }
    const own = await judge(t.pool, t.services, me.workspaceId, update, row.id)
    expect(own.warnings).toHaveLength(1)
    await deactivateAutomation(t.services, me, row.id)
  })
})

describe('the toggle', () => {
  test('activation takes the database’s time in whole milliseconds, and keeps its periods', async () => {
    const saved = await create()
    const active = await activateAutomation(t.services, me, saved.row.id)
    const { rows } = await t.pool.query<{ whole: boolean; same: boolean }>(
      `select a.activated_at = date_trunc('milliseconds', a.activated_at) and a.activated_at <= clock_timestamp() as whole,
         p.activated_at = a.activated_at and p.deactivated_at is null as same
       from automations a join activations p on p.automation_id = a.id where a.id = $1`,
      [saved.row.id],
    )
    expect(rows).toEqual([{ whole: true, same: true }])
    const again = await activateAutomation(t.services, me, saved.row.id)
    expect(again.activated_at).toEqual(active.activated_at)
    await deactivateAutomation(t.services, me, saved.row.id)
    expect(await count('activations where automation_id = $1 and deactivated_at is null', saved.row.id)).toBe(0)
    expect((await stored(saved)).activated_at).toBeNull()
  })

  test('a changed trigger begins a new period, a changed action does not', async () => {
    const saved = await create({ status: 'active' })
    const first = saved.row.activated_at!
    const action = await updateAutomation(t.services, me, saved.row.id, { ...welcome, actions: [stop, stop] })
    expect(action.row.activated_at).toEqual(first)
    const trigger = { event: 'record.created', object: 'deals' }
    const changed = await updateAutomation(t.services, me, saved.row.id, { ...welcome, trigger })
    expect(changed.row.activated_at!.getTime()).toBeGreaterThanOrEqual(first.getTime())
    expect(await count('activations where automation_id = $1 and deactivated_at is null', saved.row.id)).toBe(1)
    const { rows } = await t.pool.query('select trigger_object from automations where id = $1', [saved.row.id])
    expect(rows).toEqual([{ trigger_object: 'deals' }])
  })

  test('what lost its secret can’t be activated any more', async () => {
    await t.pool.query(`insert into secrets (workspace_id, name, id, sealed) values ($1, 'gone', $2, '')`, [
      me.workspaceId,
      t.services.time.id(),
    ])
    const call = { type: 'webhook', config: { url: 'https://x.org/{{secrets.gone}}' } }
    const { row } = await create({ actions: [call] })
    await t.pool.query(`delete from secrets where name = 'gone'`)
    const error = await thrown(activateAutomation(t.services, me, row.id))
    expect(error.details).toMatchObject({ errors: [{ path: '/actions/0/config/url' }] })
  })

  test('the mode is switched without a version', async () => {
    const { row } = await create()
    expect(await setMode(t.services, me, row.id, 'test')).toMatchObject({ mode: 'test', version: 1 })
    expect(
      await count(`audit_log where action = 'automation.mode_changed' and target = $1`, publicId('automation', row.id)),
    ).toBe(1)
  })
})

describe('schedules', () => {
  const daily = { ...welcome, trigger: { event: 'schedule', cron: '0 9 * * *', timezone: 'Europe/Berlin' } }
  const tickOf = async (saved: Saved) =>
    (
      await t.pool.query<{ next_tick_at: Date }>('select next_tick_at from schedules where automation_id = $1', [
        saved.row.id,
      ])
    ).rows

  test('the next tick is there while it is active, and follows a change', async () => {
    const saved = await create(daily)
    expect(await tickOf(saved)).toEqual([])
    const active = await activateAutomation(t.services, me, saved.row.id)
    const [tick] = await tickOf(saved)
    expect(tick!.next_tick_at.getTime()).toBeGreaterThan(active.activated_at!.getTime())
    const inBerlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' })
    expect(inBerlin.format(tick!.next_tick_at)).toBe('09:00')
    expect(presentAutomation(t.services, me, active).next_tick_at).toBe(tick!.next_tick_at.toISOString())
    const later = { ...daily, trigger: { ...daily.trigger, cron: '30 9 * * *' } }
    await updateAutomation(t.services, me, saved.row.id, later)
    expect(inBerlin.format((await tickOf(saved))[0]!.next_tick_at)).toBe('09:30')
    await updateAutomation(t.services, me, saved.row.id, welcome)
    expect(await tickOf(saved)).toEqual([])
  })

  test('deactivating takes the tick away', async () => {
    const saved = await create({ ...daily, status: 'active' })
    expect(await tickOf(saved)).toHaveLength(1)
    await deactivateAutomation(t.services, me, saved.row.id)
    expect(await tickOf(saved)).toEqual([])
  })
})

describe('webhooks', () => {
  const hook = (auth?: unknown) => ({
    ...welcome,
    trigger: { event: 'webhook.received', ...(auth === undefined ? {} : { auth }) },
  })

  test('a token of 128 bits stands in the URL and stays over versions', async () => {
    const saved = await create(hook())
    const { webhook, id } = shown(saved)
    expect(webhook!.token).toMatch(/^[0-9a-f]{32}$/)
    expect(webhook!.url).toBe(`${TEST_ORIGIN}/api/webhooks/automation/${id}/${webhook!.token}`)
    await updateAutomation(t.services, me, saved.row.id, welcome)
    const back = await updateAutomation(t.services, me, saved.row.id, hook('token'))
    expect(shown(back).webhook).toEqual(webhook)
  })

  test('a signature’s secret is made, sealed and in no version', async () => {
    const saved = await create(hook('signature'))
    expect(shown(saved).webhook).toEqual({
      url: `${TEST_ORIGIN}/api/webhooks/automation/${shown(saved).id}`,
      secret: expect.stringMatching(/^whsec_/),
    })
    const given = await updateAutomation(
      t.services,
      me,
      saved.row.id,
      hook({ type: 'signature', secret: 'from the sender' }),
    )
    expect(shown(given).webhook!.secret).toBe('from the sender')
    const kept = await updateAutomation(t.services, me, saved.row.id, hook({ type: 'signature' }))
    expect(shown(kept).webhook!.secret).toBe('from the sender')
    expect(kept.row.document.trigger).toEqual({ event: 'webhook.received', auth: { type: 'signature' } })
    const { rows } = await t.pool.query<{ all: string }>(
      `select (select string_agg(document::text, '') from automation_versions where automation_id = a.id) || a.document::text
         || encode(a.webhook_secret, 'escape') || (select string_agg(details::text, '') from audit_log) as all
       from automations a where a.id = $1`,
      [saved.row.id],
    )
    expect(rows[0]!.all).not.toContain('from the sender')
  })

  test('viewers see neither token nor secret', async () => {
    for (const auth of ['token', 'signature', 'none']) {
      const saved = await create(hook(auth))
      const { webhook, id } = presentAutomation(t.services, { ...me, role: 'viewer' }, saved.row)
      expect(webhook).toEqual({ url: `${TEST_ORIGIN}/api/webhooks/automation/${id}` })
    }
  })
})

describe('versions', () => {
  test('are listed newest first, read and restored as the newest', async () => {
    const saved = await create()
    const { id } = saved.row
    await updateAutomation(t.services, me, id, { ...welcome, name: 'Second', actions: [stop, stop] })
    await updateAutomation(t.services, me, id, { ...welcome, name: 'Third' })
    const list = await listVersions(t.pool, me.workspaceId, id, { page: 1, per_page: 2 })
    expect(list.data.map(({ version, name, current }) => [version, name, current])).toEqual([
      [3, 'Third', true],
      [2, 'Second', false],
    ])
    expect(list.pagination).toEqual({ total: 3, page: 1, per_page: 2, total_pages: 2 })
    const page2 = await listVersions(t.pool, me.workspaceId, id, { page: 2, per_page: 2 })
    expect(page2.data.map(({ version }) => version)).toEqual([1])
    const restored = await restoreVersion(t.services, me, id, 2)
    expect(shown(restored)).toMatchObject({
      name: 'Second',
      version: 4,
      actions: [{ key: 'stop_1' }, { key: 'stop_2' }],
    })
    expect(await getVersion(t.pool, me.workspaceId, id, 1)).toMatchObject({
      version: 1,
      name: 'Welcome',
      trigger: lead,
    })
    expect((await thrown(getVersion(t.pool, me.workspaceId, id, 9))).code).toBe('NOT_FOUND')
  })

  test('keep their descriptions, which are compared and restored', async () => {
    const { id } = (await create({ description: 'Greets' })).row
    await updateAutomation(t.services, me, id, { ...welcome, description: 'Greets whoever comes' })
    expect(await getVersion(t.pool, me.workspaceId, id, 1)).toMatchObject({ description: 'Greets' })
    expect((await compareVersions(t.pool, me.workspaceId, id, 1, 2)).words).toEqual([
      'Description: “Greets” became “Greets whoever comes”',
    ])
    expect(shown(await restoreVersion(t.services, me, id, 1))).toMatchObject({ version: 3, description: 'Greets' })
    // one from before they were kept leaves the description as it is
    await t.pool.query('update automation_versions set description = null where automation_id = $1 and version = 2', [
      id,
    ])
    expect((await compareVersions(t.pool, me.workspaceId, id, 2, 3)).words).toEqual([])
    expect(shown(await restoreVersion(t.services, me, id, 2))).toMatchObject({ version: 3, description: 'Greets' })
  })
})

describe('copies and deletions', () => {
  test('a copy is inactive, begins at 1 and has its own address', async () => {
    const saved = await create({ name: 'Hook', status: 'active', mode: 'test', trigger: { event: 'webhook.received' } })
    const copy = await duplicateAutomation(t.services, me, saved.row.id)
    expect(shown(copy)).toMatchObject({ name: 'Hook (copy)', status: 'inactive', mode: 'test', version: 1 })
    expect(shown(copy).webhook!.token).not.toBe(shown(saved).webhook!.token)
    expect((await duplicateAutomation(t.services, me, saved.row.id)).row.name).toBe('Hook (copy 2)')
    expect(await versionsOf(copy)).toBe(1)
  })

  test('a deleted automation is gone for everybody, its versions stay, its runs are cancelled in the same transaction', async () => {
    const saved = await create({ status: 'active' })
    const { id } = saved.row
    const failing = deleteAutomation(t.services, me, id, async () => {
      throw new Error('cancelling failed')
    })
    await expect(failing).rejects.toThrow('cancelling failed')
    expect(await stored(saved)).toMatchObject({ status: 'active' })
    const cancelled: string[] = []
    await deleteAutomation(t.services, me, id, async (_client, workspaceId, automationId) => {
      cancelled.push(workspaceId, automationId)
    })
    expect(cancelled).toEqual([me.workspaceId, id])
    expect(await findAutomation(t.pool, me.workspaceId, id)).toBeNull()
    expect(await versionsOf(saved)).toBe(1)
    expect(await count('activations where automation_id = $1 and deactivated_at is null', id)).toBe(0)
    expect((await thrown(deleteAutomation(t.services, me, id, nobody))).code).toBe('NOT_FOUND')
  })
})

describe('the list', () => {
  const list = (filter: object = {}) => listAutomations(t.services, me, { page: 1, per_page: 100, ...filter })

  test('is filtered by status, mode, object and words', async () => {
    await create({
      name: 'Needle 100%',
      status: 'active',
      mode: 'test',
      trigger: { event: 'record.created', object: 'tasks' },
    })
    const names = async (filter: object) => (await list(filter)).data.map(({ name }) => name)
    expect(await names({ object: 'obj_tasks' })).toEqual(['Needle 100%'])
    expect(await names({ q: 'needle', status: 'active', mode: 'test' })).toEqual(['Needle 100%'])
    expect(await names({ q: '100%' })).toEqual(['Needle 100%'])
    expect(await names({ q: '%e%' })).toEqual([])
    expect(await names({ object: 'tasks', status: 'inactive' })).toEqual([])
  })

  test('is paged by name, and knows its total behind the last page', async () => {
    const all = await list()
    const { total } = all.pagination
    expect(all.data).toHaveLength(total)
    const sorted = all.data.map(({ name }) => name.toLowerCase())
    expect(sorted).toEqual([...sorted].sort())
    const second = await list({ page: 2, per_page: 3 })
    expect(second.data.map(({ id }) => id)).toEqual(all.data.slice(3, 6).map(({ id }) => id))
    expect((await list({ page: 99, per_page: 3 })).pagination).toEqual({
      total,
      page: 99,
      per_page: 3,
      total_pages: Math.ceil(total / 3),
    })
  })

  test('counts the live runs of 7 days by day, without skipped ones and tests', async () => {
    const { row } = await create({ name: 'Busy' })
    const insert = (klass: string, status: string, mode: string, ageDays: number) =>
      t.pool.query(
        `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at)
         select $1, $2, (left(id_floor(moment)::text, 24) || $3)::uuid, $4, 1, $5, $6, moment, moment
         from (select now() - make_interval(days => $7::int) as moment) m`,
        [klass, me.workspaceId, t.services.time.id().slice(24), row.id, status, mode, ageDays],
      )
    await insert('done', 'succeeded', 'live', 0)
    await insert('done', 'succeeded', 'live', 1)
    await insert('failed', 'failed', 'live', 1)
    await insert('failed', 'blocked', 'live', 6)
    await insert('done', 'succeeded', 'test', 1)
    await insert('skipped', 'skipped', 'live', 0)
    await insert('done', 'succeeded', 'live', 8)
    const failure = { workspace: me.workspaceId, run: t.services.time.id(), at: new Date(Date.now() - 86_400_000) }
    await t.pool.query(
      'insert into failures (workspace_id, run_id, automation_id, cause, at) values ($1, $2, $3, $2, $4)',
      [failure.workspace, failure.run, row.id, failure.at],
    )
    const [item] = (await list({ q: 'Busy' })).data
    expect(item!.stats).toMatchObject({ runs: 4, failed: 2 })
    expect(item!.stats.days.map(({ runs, failed }) => [runs, failed])).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [2, 1],
      [1, 0],
    ])
    // the same when they are added up by day, whole or in part
    await t.pool.query(`insert into health_state (workspace_id, counted_to) values ($1, now() - interval '10 days')`, [
      me.workspaceId,
    ])
    for (const lagMs of [3 * 86_400_000, 0]) {
      await countLog(t.pool, () => true, lagMs)
      await countFailures(t.pool, await readFailures(t.pool))
      expect((await list({ q: 'Busy' })).data[0]!.stats).toEqual(item!.stats)
    }
    expect(item!.stats.days[6]!.date).toBe(new Date(t.services.time.now()).toISOString().slice(0, 10))
    expect(item!.last_run).toMatchObject({ id: expect.stringMatching(/^run_/), status: 'succeeded' })
    const [quiet] = (await list({ q: 'Needle' })).data
    expect(quiet).toMatchObject({ last_run: null, stats: { runs: 0, failed: 0 } })
    expect(quiet!.stats.days).toHaveLength(7)
  })
})
