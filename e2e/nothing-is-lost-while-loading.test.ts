import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner, owner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

/** Holds back a part of the dashboard's code until it is let through. */
async function hold(page: Page, part: string): Promise<() => void> {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await page.route(new RegExp(`/assets/${part}-[^/]*\\.js$`), async (route) => {
    await held
    await route.continue()
  })
  return release
}

const hasFocus = (page: Page, name: string): Promise<boolean> =>
  page.getByRole('button', { name, exact: true }).evaluate((button) => button === document.activeElement)

test('a button whose popup is still on its way opens it when it is there, and has the focus meanwhile', async () => {
  const id = await createLead({ name: 'Early Bird' })
  const popups = [
    ['/objects/leads', 'filter-popover', 'Filter', 'dialog'],
    ['/objects/leads', 'columns-popover', 'Columns', 'dialog'],
    ['/objects/leads', 'more-menu-items', 'More', 'menu'],
    [`/records/${id}`, 'run-menu-items', 'Run automation', 'menu'],
    ['/runs', 'export-menu-items', 'Export', 'menu'],
  ] as const
  const context = await owner(people)
  for (const [path, part, name, role] of popups) {
    const page = await people.open(context, `${inject('installation').url}/docs`)
    const release = await hold(page, part)
    await page.goto(inject('installation').url + path)
    const button = page.getByRole('button', { name, exact: true })
    await button.focus()
    await page.keyboard.press('Enter')
    await seen(page.locator('button[aria-busy=true]'))
    expect(await hasFocus(page, name)).toBe(true)
    expect(await page.getByRole(role).count()).toBe(0)
    release()
    await seen(page.getByRole(role))
    await expect
      .poll(() => page.evaluate("document.activeElement.closest('[role=dialog],[role=menu]') !== null"))
      .toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole(role).waitFor({ state: 'detached' })
    await expect.poll(() => hasFocus(page, name)).toBe(true)
    await page.close()
  }
})

test('what is typed into a value that was clicked goes into its editor, also while that is on its way', async () => {
  const id = await createLead({ name: 'Typed Early', company: 'Before' })
  const page = await people.open(await owner(people), `${inject('installation').url}/overview`)
  const release = await hold(page, 'cell-editor')
  await page.goto(`${inject('installation').url}/records/${id}`)
  await page.getByRole('button', { name: /^Edit Company/ }).click()
  await seen(page.getByText('Before', { exact: true }))
  await page.keyboard.type('After')
  release()
  await expect.poll(() => page.getByRole('textbox', { name: 'Edit Company' }).inputValue()).toBe('After')
  await page.keyboard.press('Enter')
  await seen(page.getByRole('button', { name: 'Edit Company: After' }))
})

test('a template’s field that is clicked while its editor is on its way has the keyboard when it is there', async () => {
  const { id } = await api<{ id: string }>('POST', '/email-templates', {
    name: 'Clicked early',
    subject: 'Hello',
    html: '<p>Hello</p>',
  })
  const page = await people.open(await owner(people), `${inject('installation').url}/overview`)
  const release = await hold(page, 'template-field')
  await page.goto(`${inject('installation').url}/templates/${id}`)
  const subject = page.getByRole('textbox', { name: 'Subject', exact: true })
  await subject.click()
  await page.keyboard.type(' there')
  release()
  await page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
  expect(await subject.evaluate((field) => field === document.activeElement)).toBe(true)
  await page.keyboard.type('!')
  expect(await subject.textContent()).toBe('Hello there!')
})

/** A run that failed, on its page. @returns the path */
async function failedRun(company: string): Promise<string> {
  const { id } = await api<{ id: string }>('POST', '/automations', {
    name: `Fails for ${company}`,
    status: 'active',
    trigger: { event: 'record.created', object: 'obj_def_leads' },
    conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: company }] },
    actions: [{ type: 'webhook', config: { url: 'http://127.0.0.1:9/', body: {}, retry: { delays_seconds: [] } } }],
  })
  await createLead({ name: 'Unlucky', company })
  const failed = (): Promise<{ data: { id: string }[] }> => api('GET', `/runs?automation_id=${id}&status=failed`)
  await expect.poll(async () => (await failed()).data.length, { timeout: 20_000 }).toBe(1)
  return `/runs/${(await failed()).data[0]!.id}`
}

test('a dialog that was asked for twice while it was on its way opens once', async () => {
  const page = await openAsOwner(people, await failedRun('Asked twice'))
  const release = await hold(page, 'retry-dialog')
  const button = page.getByRole('button', { name: 'Retry with changes…' })
  await button.click()
  await button.click()
  release()
  const cancel = page.getByRole('dialog').getByRole('button', { name: 'Cancel' })
  await seen(cancel)
  expect(await page.getByRole('dialog').count()).toBe(1)
  await cancel.click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

test('a button whose code can’t be loaded says so, and what to do', async () => {
  const path = await failedRun('Not loaded')
  // its console does tell of what wasn't loaded
  const page = await (await owner(people)).newPage()
  await page.goto(inject('installation').url + path)
  await page.route(/\/assets\/retry-dialog-[^/]*\.js$/, (route) => route.abort())
  await page.getByRole('button', { name: 'Retry with changes…' }).click()
  await seen(page.getByText('A part of this page couldn’t be loaded'))
  await page.unrouteAll()
  await page.getByRole('button', { name: 'Load the page again' }).click()
  await page.getByRole('button', { name: 'Retry with changes…' }).click()
  await seen(page.getByRole('dialog'))
})
