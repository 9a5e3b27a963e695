import { expect, inject, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { createLead, owner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

test('what is typed right after Ctrl K is searched, also while the search is still on its way', async () => {
  await createLead({ name: 'Quick Typist', email: 'quick@example.com' })
  const page = await people.open(await owner(people), `${inject('installation').url}/overview`)
  const field = page.getByPlaceholder('Search pages, automations and records')
  await seen(page.getByRole('heading', { name: 'Overview' }))
  let arrives = () => {}
  const held = new Promise<void>((resolve) => (arrives = resolve))
  await page.route(/\/assets\/.*\.js$/, async (route) => {
    await held
    await route.continue()
  })
  await page.keyboard.press('Control+k')
  await page.keyboard.type('Quickk')
  await page.keyboard.press('Backspace')
  expect(await field.count()).toBe(0)
  arrives()
  await seen(field.and(page.locator('*:focus')))
  await page.keyboard.type(' Typ')
  expect(await field.inputValue()).toBe('Quick Typ')
  await seen(page.getByText('Quick Typist'))

  // once it is there nothing is kept, and the second time begins anew
  await page.keyboard.press('Escape')
  await field.waitFor({ state: 'detached' })
  await page.keyboard.press('Control+k')
  await page.keyboard.type('Quick')
  await seen(field.and(page.locator('*:focus')))
  expect(await field.inputValue()).toBe('Quick')
})
