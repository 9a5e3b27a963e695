import { expect, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, openAsOwner } from './support/installation.ts'
import { pick, seen } from './support/screen.ts'

const people = usePeople()

const CSV = `Full name;E-mail;Stage
Alan Turing;alan@example.com;new
Grace Hopper;grace@example.com;no such status
Barbara Liskov;barbara@example.com;qualified
`

test('a user imports a CSV, maps its columns, and learns which row was refused and why', async () => {
  await api('POST', '/automations', {
    name: 'Greet the imported',
    status: 'active',
    trigger: { event: 'record.created', object: 'obj_def_leads' },
    conditions: { match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'qualified' }] },
    actions: [{ type: 'update_record', config: { fields: { notes: 'Hello {{record.name}}' } } }],
  })
  const page = await openAsOwner(people, '/objects/leads')
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Import' }).click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a CSV file' }).click()
  await (await chooser).setFiles({ name: 'leads.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) })

  // what such columns are often called is guessed; what the import would start and refuse follows each choice
  expect(await page.getByRole('combobox', { name: 'Field: Full name' }).inputValue()).toBe('Name')
  expect(await page.getByRole('combobox', { name: 'Field: E-mail' }).inputValue()).toBe('Email')
  await pick(page, 'Field: Stage', 'Status')
  await seen(page.getByText(/^This will start [1-9]/))
  await seen(page.getByText('Greet the imported: 1'))
  await seen(page.getByText('1 row will be refused'))
  await seen(page.getByText(/^Line 3: .*no such status/))
  const alert = page.getByRole('alert')
  const colorOf = (css: string) => alert.locator(css).evaluate((one) => getComputedStyle(one).color)
  expect(await colorOf('svg')).not.toBe(await colorOf('li'))
  await page.getByRole('button', { name: 'Import 2 of 3 rows' }).click()
  await seen(page.getByRole('heading', { name: 'Import finished' }))
  await seen(page.getByRole('row', { name: /Line 3/ }))
  await page.reload()
  await seen(page.getByRole('row', { name: /Line 3/ }))
  await page.getByRole('link', { name: 'Show the records' }).click()
  await seen(page.getByRole('row', { name: /Alan Turing/ }))
  await seen(page.getByRole('row', { name: /Barbara Liskov/ }))
  expect(await page.getByText('Grace Hopper').count()).toBe(0)
})

test('a file of which no row fits is not imported, and the page says why', async () => {
  const page = await openAsOwner(people, '/objects/leads/import')
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a CSV file' }).click()
  const buffer = Buffer.from('Name,Status\nKay McNulty\nJean Bartik,no such status\n')
  await (await chooser).setFiles({ name: 'leads.csv', mimeType: 'text/csv', buffer })
  await seen(page.getByText('Line 2: The row has 1 cell, the header has 2.'))
  const submit = page.getByRole('button', { name: 'Nothing to import' })
  await seen(submit)
  expect(await submit.isDisabled()).toBe(true)
  await seen(page.getByText('All 2 rows will be refused.'))
})
