import { expect, inject, test } from 'vitest'
import { until } from '../packages/server/test/helpers.ts'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

interface Waits {
  data: { run_id: string; record_name: string; due_at: string }[]
}

const onCompany = (value: string) => ({ match: 'all', rules: [{ field: 'company', operator: 'equals', value }] })

test('a user sees what waits, lets one go on, moves the others and cancels one', async () => {
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name: 'Ask again',
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: onCompany('Waits'),
    actions: [{ type: 'wait', name: 'Give it time', config: { duration: 3, unit: 'days' } }],
  })
  for (const name of ['Lena', 'Mark', 'Nora']) await createLead({ name, company: 'Waits' })
  const waits = async () => (await api<Waits>('GET', `/waits?automation_id=${id}`)).data
  const before = await until(async () => {
    const found = await waits()
    return found.length === 3 ? found : null
  })

  const page = await openAsOwner(people, '/runs')
  await page.getByRole('link', { name: 'Waiting', exact: true }).click()
  await page.goto(`${page.url()}?automation=${id}`)
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name) })
  await seen(row('Lena').getByRole('cell', { name: '3 days', exact: true }))

  await row('Lena').getByRole('button', { name: 'More for Lena' }).click()
  await page.getByRole('menuitem', { name: 'Resume now' }).click()
  await seen(page.getByText('The run goes on.'))
  await row('Lena').waitFor({ state: 'detached' })

  await page.getByRole('checkbox', { name: 'Select all loaded runs' }).check()
  const bar = page.getByRole('toolbar', { name: '2 selected' })
  await bar.getByRole('button', { name: 'Reschedule…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Reschedule 2 waits' })
  await dialog.getByRole('textbox', { name: 'By' }).fill('2')
  await dialog.getByRole('button', { name: 'Reschedule' }).click()
  await seen(page.getByText('2 done'))
  const later = await waits()
  for (const { run_id: run, due_at: due } of later) {
    const was = before.find((one) => one.run_id === run)!.due_at
    expect(Date.parse(due) - Date.parse(was)).toBe(2 * 86_400_000)
  }

  await row('Mark').getByRole('button', { name: 'More for Mark' }).click()
  await page.getByRole('menuitem', { name: 'Cancel…' }).click()
  await page.getByRole('dialog', { name: 'Cancel this run?' }).getByRole('button', { name: 'Cancel the run' }).click()
  await row('Mark').waitFor({ state: 'detached' })
  expect((await waits()).map(({ record_name: name }) => name)).toEqual(['Nora'])
})

test('a user runs an automation on the records that are there already', async () => {
  for (const name of ['Olaf', 'Pia', 'Quinn']) await createLead({ name, company: 'Already there', source: 'event' })
  await createLead({ name: 'Rosa', company: 'Already there', source: 'referral' })
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name: 'Note the company',
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: onCompany('Already there'),
    actions: [{ type: 'update_record', config: { fields: { notes: 'It was there' } } }],
  })
  const page = await openAsOwner(people, '/automations')
  await page.getByRole('button', { name: 'More for Note the company' }).click()
  await page.getByRole('menuitem', { name: 'Run on existing records…' }).click()
  await page.getByRole('button', { name: 'Add a filter' }).click()
  await page.getByRole('combobox', { name: 'Field' }).click()
  await page.getByRole('option', { name: 'Company' }).click()
  await page.getByRole('textbox', { name: 'Value' }).fill('Already there')
  await seen(page.getByText('4 records match.'))
  await seen(page.getByRole('link', { name: 'Rosa' }))
  await page.getByRole('button', { name: 'Run on 4 records' }).click()
  await page.getByRole('dialog', { name: 'Run on 4 records?' }).getByRole('button', { name: 'Run' }).click()
  await seen(page.getByText('4 of 4 records'))
  await seen(page.getByText('4 succeeded'))
  const { data } = await api<{ data: unknown[] }>('GET', `/runs?automation_id=${id}&status=succeeded`)
  expect(data).toHaveLength(4)
})

test('one that is off, or isn’t about records, says so instead of running on existing ones', async () => {
  const made = (name: string, trigger: object) =>
    api<{ id: string }>('POST', '/automations', { name, trigger, actions: [{ type: 'stop', config: {} }] })
  const off = await made('Off for now', { event: 'record.created', object: 'leads' })
  const called = await made('Called from outside', { event: 'webhook.received', auth: 'none' })
  const page = await openAsOwner(people, `/automations/${called.id}/existing`)
  await seen(page.getByText('This automation isn’t about records'))
  await page.goto(`${inject('installation').url}/automations/${off.id}/existing`)
  await seen(page.getByText('This automation is off'))
  await page.getByRole('link', { name: 'Open the automation' }).click()
  await seen(page.getByRole('switch', { name: 'Active' }))
})
