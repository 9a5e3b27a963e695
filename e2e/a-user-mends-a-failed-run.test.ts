import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

/** Another system, which is broken until somebody mends it. */
let receiver: Server
let isBroken = true
const received: string[] = []
beforeAll(async () => {
  receiver = createServer((request, response) => {
    request.setEncoding('utf8')
    let body = ''
    request.on('data', (text: string) => (body += text))
    request.on('end', () => {
      received.push(body)
      response.writeHead(isBroken ? 500 : 200, { 'content-type': 'application/json' })
      response.end(isBroken ? '{"error":"the stock is being counted"}' : '{"order":4711}')
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
})
afterAll(() => new Promise((resolve) => receiver.close(resolve)))

test('a user reads why a run failed, and retries it when the other system works again', async () => {
  const { port } = receiver.address() as AddressInfo
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
          url: `http://127.0.0.1:${port}/orders`,
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

  isBroken = false
  await page.getByRole('button', { name: 'Retry from the failed step' }).click()
  await seen(page.getByText('A new run goes on at the failed step.'))
  await seen(page.getByRole('banner').getByText('Succeeded').or(page.locator('header').getByText('Succeeded')))
  await seen(details.getByText('Continues'))
  await details.getByRole('button', { name: /Order it/ }).click()
  await seen(details.getByText(/4711/))
  expect(received.map((body) => JSON.parse(body) as unknown)).toEqual([{ for: 'Hedy Lamarr' }, { for: 'Hedy Lamarr' }])
})
