import { expect, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

test('a user writes a template with the names and values of a lead beside it', async () => {
  await createLead({ name: 'Mary Somerville', email: 'mary@example.com', company: 'Celestial Mechanics' })
  const page = await openAsOwner(people, '/templates/new')
  const preview = page.getByRole('region', { name: 'Preview' })
  await seen(preview.getByRole('combobox', { name: 'Sample record' }))
  await page.getByRole('textbox', { name: 'Name' }).fill('Greeting')

  await page.getByRole('textbox', { name: 'Subject' }).click()
  await page.keyboard.type('Hello {{record.comp')
  // what it is with the sample stands beside the name
  await seen(page.getByRole('option', { name: /record\.company.*Celestial/ }))
  // a list that has only just opened takes no key yet, so that nobody accepts by accident
  await page.waitForTimeout(250)
  await page.keyboard.press('Tab')
  await seen(preview.getByText('Hello Celestial Mechanics'))

  await page.getByRole('textbox', { name: 'HTML' }).click()
  await page.keyboard.type('<p class="a">Dear {{upper(record.name')
  await page.keyboard.press('Escape')
  await seen(page.frameLocator('iframe').getByText('Dear MARY SOMERVILLE'))
  await page.getByRole('button', { name: 'Save' }).click()
  await seen(page.getByText('The template was saved.'))
  const { data } = await api<{ data: { name: string; subject: string; html: string }[] }>('GET', '/email-templates')
  expect(data.find(({ name }) => name === 'Greeting')).toMatchObject({
    subject: 'Hello {{record.company}}',
    html: '<p class="a">Dear {{upper(record.name)}}',
  })
})
