import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../packages/server/test/helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../packages/server/test/receivers.ts'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

/** Another system, which is down until somebody mends it. */
let receiver: HttpReceiver
beforeAll(async () => {
  receiver = await startHttpReceiver()
  receiver.otherwise({ kind: 'answer', status: 503 })
})
afterAll(() => receiver.close())

const NAMES = ['Ada', 'Ben', 'Cleo', 'Dora', 'Emma', 'Finn', 'Gwen', 'Hugo', 'Ines', 'Jack']

test('a receiver was down and ten runs failed: the overview says so in one line, and all are retried once it works', async () => {
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name: 'Book a visit',
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: 'Visits' }] },
    actions: [
      {
        type: 'webhook',
        name: 'Book it',
        config: { url: `${receiver.url}/`, body: { for: '{{record.name}}' }, retry: { delays_seconds: [] } },
      },
    ],
  })
  for (const name of NAMES) await createLead({ name, company: 'Visits' })
  const runs = (status: string) =>
    api<{ data: unknown[] }>('GET', `/runs?automation_id=${id}&status=${status}&limit=50`)
  await until(async () => (await runs('failed')).data.length === NAMES.length || null)

  const page = await openAsOwner(people, '/')
  await seen(page.getByRole('heading', { name: 'Overview', level: 1 }))
  const group = page
    .getByRole('list', { name: 'Failures by cause' })
    .getByRole('listitem')
    .filter({ hasText: 'Book a visit' })
  await seen(group.getByText('10 runs'))
  await seen(group.getByText('Book it', { exact: false }))
  await group.getByRole('button', { expanded: false }).click()
  await seen(group.getByText('May pass by itself'))
  await seen(group.getByRole('link', { name: 'Jack' }))

  receiver.otherwise({ kind: 'answer' })
  const before = receiver.requests.length
  await group.getByRole('button', { name: 'Retry all 10' }).click()
  await page.getByRole('dialog', { name: 'Retry 10 failed runs?' }).getByRole('button', { name: 'Retry' }).click()
  await seen(page.getByText('10 done'))
  await seen(group.getByText('All retried'))
  await until(async () => (await runs('succeeded')).data.length === NAMES.length || null)
  const taken = receiver.requests.slice(before).map(({ body }) => (JSON.parse(body.toString()) as { for: string }).for)
  expect(taken.toSorted()).toEqual(NAMES)

  await group.getByRole('link', { name: 'Jack' }).click()
  await page.getByRole('link', { name: 'It was retried. Open the new run' }).click()
  await seen(page.locator('header').getByText('Succeeded'))
})

test('a user corrects the input of a failed step, and retries with it', async () => {
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name: 'Write to the fair',
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: 'Fair' }] },
    actions: [
      { type: 'send_email', name: 'Write', config: { to: '{{record.name}}', subject: 'Hello', body: 'See you there' } },
    ],
  })
  await createLead({ name: 'Kate', company: 'Fair' })
  const [run] = await until(async () => {
    const { data } = await api<{ data: { id: string }[] }>('GET', `/runs?automation_id=${id}&status=failed`)
    return data.length === 0 ? null : data
  })
  const page = await openAsOwner(people, `/runs/${run!.id}`)
  await page.getByRole('button', { name: 'Retry with changes…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Retry with changes' })
  await dialog.getByRole('textbox', { name: 'To', exact: true }).fill('kate@example.com')
  await dialog.getByRole('button', { name: 'Retry' }).click()
  await seen(page.locator('header').getByText('Succeeded'))
  const { data: mails } = await api<{ data: { to: unknown }[] }>('GET', '/outbox')
  expect(JSON.stringify(mails.map(({ to }) => to))).toContain('kate@example.com')
})
