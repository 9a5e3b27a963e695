import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { until } from '../packages/server/test/helpers.ts'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner } from './support/installation.ts'
import { pick, seen, write } from './support/screen.ts'

const people = usePeople()

interface Automation {
  id: string
  version: number
  actions: { key: string; type: string; config: Record<string, unknown>; on_error?: unknown }[]
  enrolment?: unknown
  exit?: unknown
}
interface RunList {
  data: { id: string; status: string; version: number }[]
}

const panelOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Selected part' })

async function savedAs(name: string): Promise<Automation> {
  const { data } = await api<{ data: Automation[] }>('GET', `/automations?q=${encodeURIComponent(name)}`)
  return api('GET', `/automations/${data[0]!.id}`)
}

test('a user waits for an answer with a time-out, provides for a failure, takes each lead once, and looks back', async () => {
  await createLead({ name: 'Came before', email: 'before@example.com' })
  const page = await openAsOwner(people, '/automations/new')
  const panel = panelOf(page)
  await page.getByRole('textbox', { name: 'Name of the automation' }).fill('Follow up in time')
  await pick(panel, 'What starts it', 'Record Created')
  await pick(panel, 'Object', 'Leads')

  await panel.getByRole('button', { name: 'Change: How it runs' }).click()
  await pick(panel, 'How often for one record', 'Once per record')
  await panel.getByRole('switch', { name: 'End waiting runs when …' }).click()
  await pick(panel, 'Field', 'Company')
  await write(panel, 'Value', 'Gone')

  await page.getByRole('button', { name: 'Add the first step' }).click()
  await page.getByRole('option', { name: /Wait/ }).click()
  await panel.getByText('For an event').click()
  await pick(panel, 'Field', 'Phone')
  await panel.getByRole('textbox', { name: 'At most for' }).fill('5')
  await pick(panel, 'When its time is up', 'End the run')

  await page.locator('[data-node="step:wait_1"]').focus()
  await page.keyboard.press('+')
  await page.getByRole('option', { name: /Webhook/ }).click()
  await write(panel, 'URL', 'https://example.com/answered')
  await pick(panel, 'If this step fails', 'Do something else first, then go on')
  await panel.getByRole('button', { name: 'Its steps' }).click()
  await panel.getByRole('button', { name: 'Add a step' }).click()
  await page.getByRole('option', { name: /Stop/ }).click()
  await write(panel, 'Reason', 'It said {{error.mess')
  await seen(page.getByRole('option', { name: /error\.message/ }))
  await page.keyboard.type('age}}')
  await seen(page.getByRole('button', { name: 'If it fails' }))
  await seen(page.getByText('No problems'))
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.waitForURL(/automations\/auto_/)

  const saved = await savedAs('Follow up in time')
  expect(saved).toMatchObject({
    enrolment: 'once_per_record',
    exit: { match: 'any', rules: [{ field: 'company', operator: 'equals', value: 'Gone' }] },
    actions: [
      {
        type: 'wait',
        config: { event: 'field.changed', field: 'phone', timeout: { duration: 5, unit: 'days' }, on_timeout: 'stop' },
      },
      { type: 'webhook', on_error: { actions: [{ type: 'stop' }] } },
    ],
  })

  await page.getByRole('button', { name: 'Look back' }).first().click()
  await panel.getByRole('button', { name: 'Look back' }).click()
  await seen(panel.getByText(/\d+ of \d+ events? would have started it\./))
  // the first ten that it would have taken, whoever came before this test
  await seen(panel.locator('a[href^="/records/rec_"]'))
})

test('a user decides what becomes of a run that waits when the automation is saved, and reads what changed', async () => {
  const { id } = await api<Automation>('POST', '/automations', {
    name: 'Saved while one waits',
    status: 'active',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: 'Waits' }] },
    actions: [{ key: 'rest', type: 'wait', config: { duration: 3, unit: 'days' } }],
  })
  await createLead({ name: 'Waits', email: 'waits@example.com', company: 'Waits' })
  const waiting = () => api<RunList>('GET', `/runs?automation_id=${id}&status=waiting`)
  await until(async () => (await waiting()).data.length === 1)

  const page = await openAsOwner(people, `/automations/${id}`)
  const panel = panelOf(page)
  await page.locator('[data-node="step:rest"]').click()
  await panel.getByRole('textbox', { name: 'Time', exact: true }).fill('4')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'A run waits on an earlier version' })
  await dialog.getByRole('radio', { name: /Move them to this version/ }).check()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await seen(page.getByText('1 run was moved to this version.'))
  expect(await api('GET', `/automations/${id}`)).toMatchObject({ version: 2 })

  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Versions' }).click()
  await seen(panel.getByRole('list', { name: 'What version 2 changed' }).getByText(/“3” became “4”/))
  await panel.getByRole('button', { name: 'Restore: Version 1' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
  await page
    .getByRole('dialog', { name: 'A run waits on an earlier version' })
    .getByRole('button', { name: 'Save' })
    .click()
  await seen(page.getByText('Version 1 is the current one again.'))
  expect(await api('GET', `/automations/${id}`)).toMatchObject({ version: 3, actions: [{ config: { duration: 3 } }] })
})
