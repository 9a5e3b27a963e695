import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { until } from '../packages/server/test/helpers.ts'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner, owner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

interface Listed {
  data: { id: string; status: string }[]
}
const runsOf = async (id: string, status: string, count: number): Promise<Listed['data']> =>
  until(async () => {
    const { data } = await api<Listed>('GET', `/runs?automation_id=${id}&status=${status}&limit=100`)
    return data.length === count ? data : null
  })

async function waiting(name: string, source: string): Promise<string> {
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name,
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'source', operator: 'equals', value: source }] },
    actions: [{ type: 'wait', config: { duration: 3, unit: 'days' } }],
  })
  return id
}

/** A list of runs whose stream has begun: it is read once more then. */
async function openLive(path: string): Promise<Page> {
  const page = await openAsOwner(people, '/automations')
  let reads = 0
  const begun = page.waitForResponse((answer) => answer.url().includes('/api/runs?') && ++reads === 2)
  await page.goto(inject('installation').url + path)
  await begun
  return page
}

test('a user cancels all waiting runs of an automation at once, told before how many they are', async () => {
  const id = await waiting('Wait for the fair', 'event')
  for (const name of ['Ada', 'Ben', 'Cleo']) await createLead({ name, source: 'event' })
  await runsOf(id, 'waiting', 3)
  const page = await openAsOwner(people, `/runs?automation=${id}&status=waiting`)
  await seen(page.getByRole('row', { name: /Cleo/ }))
  await page.getByRole('button', { name: 'Bulk actions' }).click()
  expect(await page.getByRole('menuitem', { name: 'Retry failed runs' }).isDisabled()).toBe(true)
  await page.getByRole('menuitem', { name: 'Cancel runs under way' }).click()
  const dialog = page.getByRole('dialog', { name: 'Cancel 3 runs?' })
  await dialog.getByRole('button', { name: 'Cancel the runs' }).click()
  await seen(page.getByText('3 done'))
  await seen(page.getByRole('heading', { name: 'No runs match' }))
  await runsOf(id, 'cancelled', 3)
})

test('a run that no longer matches the filter leaves the live list', async () => {
  const id = await waiting('Wait for the referral', 'referral')
  await createLead({ name: 'Dora', source: 'referral' })
  const [run] = await runsOf(id, 'waiting', 1)
  const page = await openLive(`/runs?automation=${id}&status=waiting`)
  const row = page.getByRole('row', { name: /Dora/ })
  await seen(row)
  await seen(page.getByRole('switch', { name: 'Live', exact: true }))
  await api('POST', `/runs/${run!.id}/cancel`)
  await seen(row.getByText('Cancelled'))
  await row.waitFor({ state: 'detached' })
})

test('a user who comes back to the list sees what ran while it was not looked at', async () => {
  const id = await waiting('Wait for the website', 'website')
  const page = await openAsOwner(people, '/runs')
  await seen(page.getByRole('row').nth(1))
  await page.getByRole('link', { name: 'Leads' }).click()
  await seen(page.getByRole('heading', { name: 'Leads', level: 1 }))
  await createLead({ name: 'Emil', source: 'website' })
  await runsOf(id, 'waiting', 1)
  // within the ten seconds for which the list counts as fresh
  await page.getByRole('link', { name: 'Runs' }).click()
  await seen(page.getByRole('row', { name: /Emil/ }))
})

test('a user sees what a run was started by, and what it started itself', async () => {
  const shop = await api<{ id: string; webhook: { url: string } }>('POST', '/automations', {
    name: 'Order from the shop',
    status: 'active',
    trigger: { event: 'webhook.received', auth: 'none' },
    actions: [
      { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: '{{webhook.body.what}}' } } },
    ],
  })
  const pack = await api<{ id: string }>('POST', '/automations', {
    name: 'Pack it',
    status: 'active',
    trigger: { event: 'record.created', object: 'tasks' },
    conditions: {
      match: 'all',
      rules: [{ match: 'any', rules: [{ field: 'title', operator: 'starts_with', value: 'Tea' }] }],
    },
    actions: [{ type: 'stop', config: {} }],
  })
  const called = await fetch(inject('installation').url + new URL(shop.webhook.url).pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-shop-token': 'swordfish' },
    body: JSON.stringify({ what: 'Tea for two' }),
  })
  expect(called.status).toBe(202)
  await runsOf(pack.id, 'succeeded', 1)
  const [run] = await runsOf(shop.id, 'succeeded', 1)
  const page = await openAsOwner(people, `/runs/${run!.id}`)
  const details = page.getByRole('region', { name: 'Details' })
  await seen(details.getByText('"what": "Tea for two"'))
  await details.getByText('Headers', { exact: false }).first().click()
  await seen(details.getByText('x-shop-token'))
  expect(await details.getByText('swordfish').count()).toBe(0)
  await details.getByRole('link', { name: 'Pack it' }).click()
  await seen(details.getByRole('link', { name: 'Task: Tea for two' }))
  await seen(details.getByText('Title is Tea for two', { exact: false }))
  expect(await details.getByText('holds', { exact: true }).count()).toBe(1)
  await seen(details.getByRole('link', { name: 'Order from the shop' }))
})

test('a step that changed a record of another object names its fields and leads to it', async () => {
  const { id: task } = await api<{ id: string }>('POST', '/crm/record', {
    object_id: 'tasks',
    field_values: { title: 'Not yet called' },
  })
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name: 'Change another',
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: 'Changes another' }] },
    actions: [
      {
        type: 'update_record',
        name: 'Rename it',
        config: { record_id: task, fields: { title: 'Called {{record.name}}' } },
      },
    ],
  })
  await createLead({ name: 'Frida', company: 'Changes another' })
  const [run] = await runsOf(id, 'succeeded', 1)
  const page = await openAsOwner(people, `/runs/${run!.id}`)
  const details = page.getByRole('region', { name: 'Details' })
  await details.getByRole('button', { name: /^Rename it/ }).click()
  await seen(details.getByRole('rowheader', { name: 'Title', exact: true }))
  await seen(details.getByRole('link', { name: 'Task: Called Frida' }))
})

test('on a phone the filters stand behind one button, a record is picked by its name, and a failed run begins with its error', async () => {
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name: 'Ring the bell',
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'source', operator: 'equals', value: 'website' }] },
    actions: [{ type: 'webhook', name: 'Ring', config: { url: 'http://127.0.0.1:9/', retry: { delays_seconds: [] } } }],
  })
  await createLead({ name: 'Emma', source: 'website' })
  await runsOf(id, 'failed', 1)
  const context = await owner(people, { width: 390, height: 844 })
  const page = await people.open(context, `${inject('installation').url}/runs?status=failed&automation=${id}`)
  await page.getByRole('button', { name: 'Filters (2)' }).click()
  await page.getByRole('combobox', { name: 'Record', exact: true }).fill('Emm')
  await page.getByRole('option', { name: 'Emma' }).click()
  await seen(page.getByRole('button', { name: 'Filters (3)' }))
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Ring the bell' }).click()
  const error = page.getByText('Failed at “Ring”')
  await seen(error)
  expect((await error.boundingBox())!.y).toBeLessThan(300)
})
