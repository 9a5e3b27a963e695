import { expect, inject, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner, owner } from './support/installation.ts'
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

test('on a small screen a filter opens beside the sidebar, not over it', async () => {
  const id = await createLead({ name: 'Narrow', email: 'narrow@example.com' })
  for (const width of [800, 1024]) {
    const page = await people.open(
      await owner(people, { width, height: 800 }),
      `${inject('installation').url}/objects/leads`,
    )
    await seen(page.locator(`a[href*="${id}"]`))
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    const apply = page.getByRole('button', { name: 'Apply' })
    await seen(apply)
    const box = await page.getByRole('dialog').filter({ has: apply }).boundingBox()
    const sidebar = await page.getByRole('navigation').first().boundingBox()
    expect(box!.x).toBeGreaterThanOrEqual(sidebar!.x + sidebar!.width)
    expect(box!.x + box!.width).toBeLessThanOrEqual(width)
  }
})

test('a history that could not be read is read again by a button', async () => {
  const id = await createLead({ name: 'Read again' })
  const page = await people.open(await owner(people), `${inject('installation').url}/overview`)
  await page.route(/\/api\/crm\/record\/[^/]+\/events/, (route) =>
    route.fulfill({
      status: 404,
      contentType: 'application/json',
      body: '{"error":"Not now.","code":"NOT_FOUND","status":404}',
    }),
  )
  await page.goto(`${inject('installation').url}/records/${id}`)
  const history = page.getByRole('region', { name: 'History' })
  const again = history.getByRole('alert').getByRole('button', { name: 'Try again' })
  await seen(again)
  await page.unrouteAll()
  await again.click()
  await seen(history.getByText('created the record', { exact: false }))
  expect(await history.getByRole('alert').count()).toBe(0)
})
