import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { type Product, startProduct } from './support/product.ts'
import { seen } from './support/screen.ts'

// a fresh installation of its own: nobody has an account, no automation is there

const people = usePeople()
let product: Product
beforeAll(async () => {
  product = await startProduct()
})
afterAll(() => product.stop())

const OWNER = { name: 'Olga Owner', email: 'olga@example.com', password: 'correct horse battery' }

async function logIn(context: BrowserContext, path: string) {
  const page = await people.open(context, product.url + path)
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  return page
}

test('the one-time link of the first start makes the owner, once', async () => {
  const context = await people.arrive()
  const page = await people.open(context, product.ownerLink!)
  await page.getByLabel('Your name').fill(OWNER.name)
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.getByLabel('Password', { exact: true }).fill('too short')
  await page.getByRole('button', { name: 'Create the owner and start' }).click()
  expect(page.url()).toContain('/setup')
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Create the owner and start' }).click()
  await seen(page.getByRole('heading', { name: 'Let the CRM do the routine' }))
  expect(page.url()).not.toContain('token')

  const again = await people.open(await people.arrive(), product.ownerLink!)
  await seen(again.getByRole('heading', { name: 'This link doesn’t work any more' }))
})

test('a user lands on the page they wanted, logs out, and in again, but not with a wrong password', async () => {
  const context = await people.arrive()
  const page = await logIn(context, '/objects/deals')
  await seen(page.getByRole('heading', { name: 'Deals', level: 1 }))
  await page.getByRole('button', { name: OWNER.name }).click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await seen(page.getByRole('heading', { name: 'Log in' }))
  await page.getByLabel('E-mail').fill(OWNER.email)
  await page.getByLabel('Password', { exact: true }).fill('a wrong password')
  await page.getByRole('button', { name: 'Log in' }).click()
  await seen(page.getByRole('alert'))
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await seen(page.getByRole('heading', { name: 'Automations', level: 1 }))
})

test('a user starts from a recipe, tries it, turns it on, creates a lead and watches the run', async () => {
  const page = await logIn(await people.arrive(), '/automations')
  await page.getByRole('button', { name: 'Use this recipe: Welcome a new lead' }).click()
  await seen(page.getByRole('button', { name: /Trigger When a lead is created/ }))

  await page.getByRole('button', { name: 'Try it' }).click()
  const beside = page.getByRole('complementary', { name: 'Selected part' })
  // there is no lead yet, so one is invented
  await seen(beside.getByRole('textbox', { name: 'Email', exact: true }))
  await beside.getByRole('button', { name: 'Try it' }).click()
  await seen(beside.getByText('The conditions hold.'))
  await seen(beside.getByText('Welcome, Sample lead'))

  await page.getByRole('switch', { name: 'Active' }).click()
  await seen(page.getByText('The automation is active.'))

  await page.getByRole('link', { name: 'Leads' }).click()
  await page.getByRole('button', { name: 'New lead' }).first().click()
  const form = page.getByRole('dialog', { name: 'New lead' })
  await form.getByLabel('Name').fill('Ada Lovelace')
  await form.getByLabel('Email').fill('ada@example.com')
  await form.getByRole('button', { name: 'Create lead' }).click()
  await seen(page.getByText('“Ada Lovelace” was created.'))

  await page.getByRole('link', { name: 'Runs' }).click()
  const run = page.getByRole('row', { name: /Welcome a new lead/ })
  await seen(run.getByText('Succeeded'))
  await run.getByRole('link', { name: 'Welcome a new lead' }).click()
  const details = page.getByRole('region', { name: 'Details' })
  await details.getByRole('button', { name: /Send the welcome e-mail/ }).click()
  await seen(details.getByText('Welcome, Ada Lovelace'))

  await page.getByRole('link', { name: 'Outbox' }).click()
  await page.getByText('Welcome, Ada Lovelace').first().click()
  await seen(page.getByText('ada@example.com').first())
})
