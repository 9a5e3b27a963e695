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

test('Enter takes the first name of a list that has just opened, or is only about to, also on a slow machine', async () => {
  const page = await openAsOwner(people, '/templates/new')
  const text = page.getByRole('textbox', { name: 'Text', exact: true })
  await seen(text)
  const lines = (): Promise<string[]> => text.locator('.cm-line').allTextContents()
  const write = async (before: string): Promise<void> => {
    await text.click()
    await page.keyboard.press('Control+a')
    await page.keyboard.type(before)
  }
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 6 })
  await write('Dear {{record.na')
  await seen(page.getByRole('option', { name: /^record\.name/ }))
  await page.keyboard.press('Enter')
  await expect.poll(lines).toEqual(['Dear {{record.name}}'])

  // no timer of the page runs between these keys, so the list can't be there yet
  const typeAndEnter = (typed: string): Promise<void> =>
    text.evaluate((field, all) => {
      document.execCommand('insertText', false, all)
      field.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true }),
      )
    }, typed)
  const open = async (): Promise<void> => {
    await write('Dear {{')
    await seen(page.getByRole('option'))
    await page.keyboard.press('Escape')
    await page.getByRole('option').first().waitFor({ state: 'detached' })
  }
  await open()
  await typeAndEnter('record.na')
  await expect.poll(lines).toEqual(['Dear {{record.name}}'])
  // and where there is nothing to take, it is a line break
  await open()
  await typeAndEnter('nosuchname')
  await expect.poll(lines).toEqual(['Dear {{nosuchname', '}}'])
  await write('Dear ')
  await typeAndEnter('friend')
  await expect.poll(lines).toEqual(['Dear friend', ''])
})
