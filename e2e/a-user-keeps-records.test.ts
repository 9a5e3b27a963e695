import { expect, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, openAsOwner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

test('a user makes, reads and changes records with the keyboard alone, and follows what happened to them by name', async () => {
  await api('POST', '/crm/objects', {
    name: 'Visits',
    fields: [
      { name: 'Name', slug: 'name', type: 'text', required: true },
      { name: 'Cost', slug: 'cost', type: 'currency' },
      { name: 'Topics', slug: 'topics', type: 'multi_select', options: { choices: ['Prices', 'Privacy', 'Hosting'] } },
      { name: 'About', slug: 'about', type: 'text' },
    ],
  })
  await api('POST', '/automations', {
    name: 'Count the topics',
    status: 'active',
    trigger: { event: 'record.created', object: 'visits' },
    conditions: { match: 'all', rules: [{ field: 'cost', operator: 'greater_than', value: 9000 }] },
    actions: [{ type: 'stop', config: {} }],
  })
  const { id: lead } = await api<{ id: string }>('POST', '/crm/record', {
    object_id: 'leads',
    field_values: { name: 'Joan Clarke' },
  })
  await api('POST', '/crm/record', {
    object_id: 'visits',
    field_values: { name: 'Long', cost: 1234.5, topics: ['Prices', 'Privacy', 'Hosting'], about: lead },
  })

  const page = await openAsOwner(people, '/objects/visits')
  const row = page.getByRole('row', { name: /Long/ })
  await seen(row.getByText('1,234.50'))
  await seen(row.getByText('Joan Clarke'))
  const tops = await row
    .getByText(/^(?:Prices|Privacy|Hosting)$/)
    .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top))
  expect(new Set(tops).size).toBe(1)

  const create = page.getByRole('button', { name: 'New visit' })
  await create.focus()
  await page.keyboard.press('Enter')
  await seen(page.getByRole('dialog', { name: 'New visit' }))
  await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('INPUT')
  await page.keyboard.type('Short')
  await page.keyboard.press('Enter')
  await seen(page.getByRole('row', { name: /Short/ }))
  await expect.poll(() => create.evaluate((button) => button === document.activeElement)).toBe(true)

  await page.getByRole('link', { name: 'Open Long' }).click()
  const cost = page.getByRole('button', { name: 'Edit Cost: 1,234.50' })
  await cost.focus()
  await page.keyboard.press('Enter')
  await seen(page.getByRole('textbox', { name: 'Edit Cost' }))
  await page.keyboard.press('Escape')
  await expect.poll(() => cost.evaluate((button) => button === document.activeElement)).toBe(true)

  await seen(page.getByText('Its conditions did not hold: Cost is 1234.5, rule wants more than 9000.'))
})
