import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HttpBehaviour, type HttpReceiver, startHttpReceiver } from '../packages/server/test/receivers.ts'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

/** Another system, which is broken until somebody mends it. */
let receiver: HttpReceiver
beforeAll(async () => {
  receiver = await startHttpReceiver()
  receiver.otherwise(answer(500, { error: 'the stock is being counted' }))
})
afterAll(() => receiver.close())

const answer = (status: number, body: object): HttpBehaviour => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

test('a user reads why a run failed, and retries it when the other system works again', async () => {
  await api('POST', '/automations', {
    name: 'Order the welcome present',
    status: 'active',
    trigger: { event: 'record.created', object: 'obj_def_leads' },
    conditions: { match: 'all', rules: [{ field: 'source', operator: 'equals', value: 'event' }] },
    actions: [
      { type: 'update_record', name: 'Note it', config: { fields: { status: 'contacted' } } },
      {
        type: 'webhook',
        name: 'Order it',
        config: {
          url: `${receiver.url}/orders`,
          body: { for: '{{record.name}}' },
          retry: { delays_seconds: [] },
        },
      },
    ],
  })
  await createLead({ name: 'Hedy Lamarr', source: 'event' })

  const page = await openAsOwner(people, '/runs')
  const row = page.getByRole('row', { name: /Order the welcome present/ })
  await seen(row.getByText('Failed'))
  await row.getByRole('link', { name: 'Order the welcome present' }).click()
  const details = page.getByRole('region', { name: 'Details' })
  await seen(details.getByText('source is event').or(details.getByText(/Source is event/i)))
  await seen(details.getByText(/500/))
  await seen(details.getByText(/the stock is being counted/))
  await seen(details.getByText('When the receiver works again, retry', { exact: false }))

  receiver.otherwise(answer(200, { order: 4711 }))
  await page.getByRole('button', { name: 'Retry from the failed step' }).click()
  await seen(page.getByText('A new run goes on at the failed step.'))
  await seen(page.getByRole('banner').getByText('Succeeded').or(page.locator('header').getByText('Succeeded')))
  await seen(details.getByText('Continues'))
  await details.getByRole('button', { name: /Order it/ }).click()
  await seen(details.getByText(/4711/))
  const received = receiver.requests.map(({ body }) => JSON.parse(body.toString()) as unknown)
  expect(received).toEqual([{ for: 'Hedy Lamarr' }, { for: 'Hedy Lamarr' }])
})
