import pg from 'pg'
import { uuidOf } from '@kantos/model'
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Embedded, startEmbedded } from '../packages/server/src/db/embedded/start.ts'
import { emptyHome } from '../packages/server/test/cli/command.ts'
import { until } from '../packages/server/test/helpers.ts'
import { usePeople } from './support/browser.ts'
import { type Product, startProduct } from './support/product.ts'
import { seen } from './support/screen.ts'

const people = usePeople()
const OWNER = { email: 'olga@example.com', password: 'correct horse battery' }
const KEY = 'kantos_e2e_0123456789abcdef'

/** An installation of its own, whose database a test reaches: days must have passed, and very many runs be there. */
let home: Awaited<ReturnType<typeof emptyHome>>
let database: Embedded
let product: Product
let db: pg.Pool
beforeAll(async () => {
  home = await emptyHome()
  database = await startEmbedded({ dataDir: home.env['DATA_DIR']! })
  product = await startProduct({
    DATABASE_URL: database.url,
    KANTOS_OWNER_EMAIL: OWNER.email,
    KANTOS_OWNER_PASSWORD: OWNER.password,
    KANTOS_API_KEY: KEY,
  })
  db = new pg.Pool({ connectionString: Object.assign(new URL(database.superuserUrl), { pathname: '/kantos' }).href })
})
afterAll(async () => {
  await db.end()
  await product.stop()
  await database.stop()
  await home.remove()
})

async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = { 'x-api-key': KEY, 'content-type': 'application/json' }
  const answer = await fetch(`${product.url}/api${path}`, { method, headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

async function owner(): Promise<BrowserContext> {
  const context = await people.arrive()
  await context.request.post(`${product.url}/api/session`, { data: OWNER })
  return context
}

/** An automation with one run. @returns the ids as the database has them */
async function withRun(name: string): Promise<{ automation: string; run: string }> {
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name,
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    actions: [{ type: 'stop', config: {} }],
  })
  await api('POST', '/crm/record', { object_id: 'leads', field_values: { name: 'Web visitor' } })
  const path = `/runs?automation_id=${id}&status=succeeded`
  const run = await until(async () => (await api<{ data: { id: string }[] }>('GET', path)).data[0]?.id)
  return { automation: uuidOf('automation', id)!, run: uuidOf('run', run)! }
}

test('an automation that fell silent says so in the overview, in the list and on its page, until it is turned off', async () => {
  const { automation, run } = await withRun('Thank for the web lead')
  // as the watchdog writes it, which looks every five minutes
  await db.query(`update automations set activated_at = now() - interval '30 days' where id = $1`, [automation])
  await db.query(
    `insert into alerts (workspace_id, id, kind, automation_id, about, since, run_id, per_day, mail, webhook)
     select workspace_id, gen_random_uuid(), 'silent', id, $2::text, now() - interval '26 hours', $2::text::uuid, 40, 'off', 'off'
     from automations where id = $1`,
    [automation, run],
  )
  const page = await people.open(await owner(), `${product.url}/overview`)
  const words = 'Silent: usually runs 40 times a day, nothing for 26 h.'
  await seen(page.getByText('An automation fell silent.', { exact: true }))
  const line = page.getByRole('listitem').filter({ hasText: words })
  await seen(line)
  await line.getByRole('link', { name: 'Its last run' }).click()
  await seen(page.getByRole('heading', { name: 'Thank for the web lead' }))
  await page.goBack()
  await line.getByRole('link', { name: 'Thank for the web lead' }).click()
  await seen(page.getByText(words, { exact: false }))

  await page.getByRole('link', { name: 'Automations' }).click()
  await seen(page.getByRole('heading', { name: 'Automations', level: 1 }))
  const sign = page.getByRole('img', { name: words })
  await seen(sign)
  await page.getByRole('switch').focus()
  await page.keyboard.press('Space')
  await sign.waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Overview' }).click()
  // sooner than it looks again by itself
  await page.getByText('Everything is well.').waitFor({ timeout: 8_000 })
  expect(await page.getByText(words).count()).toBe(0)
})

test('while very many runs are still being counted the overview says so, and tells no error rate yet', async () => {
  const { automation } = await withRun('Greet each visitor')
  // who counts holds this row, and another leaves it alone meanwhile
  const counter = await db.connect()
  try {
    await counter.query('begin; select from health_state for update')
    await db.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at, trigger, steps)
       select 'done', workspace_id, overlay(gen_random_uuid()::text placing left(id_floor(now())::text, 13) from 1 for 13)::uuid,
         id, 1, 'succeeded', 'live', now(), now(), '{"event": "record.created"}', '[]'
       from automations cross join generate_series(1, 10001) where id = $1`,
      [automation],
    )
    const page = await people.open(await owner(), `${product.url}/overview`)
    await seen(page.getByText('in the last 24 hours, still being counted'))
    await seen(page.getByText('told once the runs are counted'))
  } finally {
    await counter.query('rollback')
    counter.release()
  }
})
