import { type Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, createLead, openAsOwner } from './support/installation.ts'
import { pick, seen, write } from './support/screen.ts'

const people = usePeople()

interface Mail {
  subject: string
  to: unknown
}

/** The automation that the page shows is on; a lead comes in, and its welcome is looked up in the outbox. */
async function expectWelcome(page: Page, name: string): Promise<void> {
  await seen(page.getByText('The automation is active.'))
  await createLead({ name, email: 'lead@example.com', company: name })
  await page.goto(new URL('/runs', page.url()).href)
  await seen(page.getByRole('row', { name: new RegExp(`${name}.*`) }).getByText('Succeeded'))
  const { data } = await api<{ data: Mail[] }>('GET', '/outbox')
  expect(data.filter(({ subject }) => subject === `Welcome ${name}`)).toHaveLength(1)
}

test('a user builds the welcome automation from nothing with the mouse', async () => {
  const page = await openAsOwner(people, '/automations')
  await page.getByRole('link', { name: 'Create Automation' }).first().click()
  await page.getByRole('textbox', { name: 'Name of the automation' }).fill('Welcome by mouse')
  const panel = page.getByRole('complementary', { name: 'Selected part' })
  await pick(panel, 'What starts it', 'Record Created')
  await pick(panel, 'Object', 'Leads')

  await page.getByRole('button', { name: /^Conditions/ }).click()
  await panel.getByRole('button', { name: 'Add rule' }).click()
  await pick(panel, 'Field', 'Company')
  await write(panel, 'Value', 'Welcome by mouse')

  await page.getByRole('button', { name: 'Add the first step' }).click()
  await page.getByRole('option', { name: /Send Email/ }).click()
  await panel.getByText('Written here').click()
  await write(panel, 'Subject', 'Welcome {{record.name}}')
  await write(panel, 'Body', 'Hello {{upper(record.name)}}, good to have you.')
  await seen(page.getByText('No problems'))

  await page.getByRole('switch', { name: 'Active' }).click()
  await expectWelcome(page, 'Welcome by mouse')
})

test('a user builds it again with the keyboard alone', async () => {
  const page = await openAsOwner(people, '/automations/new')
  const { keyboard } = page
  const focused = page.locator('*:focus')
  const tabTo = async (role: Parameters<Page['getByRole']>[0], name: string | RegExp) => {
    const wanted = page.getByRole(role, { name, ...(typeof name === 'string' ? { exact: true } : {}) }).first()
    await wanted.waitFor({ state: 'attached' })
    for (let presses = 0; presses < 60; presses++) {
      if (await wanted.evaluate((element) => element === document.activeElement)) return
      await keyboard.press('Tab')
    }
    throw new Error(`Tab doesn't lead to ${role} ${name}; it is at ${await focused.evaluate((at) => at.outerHTML)}`)
  }
  const choose = async (name: string, option: string) => {
    const wanted = page.getByRole('option', { name: option }).first()
    await tabTo('combobox', name)
    if (!(await wanted.isVisible())) await keyboard.press('Enter')
    await seen(wanted)
    for (let presses = 0; presses < 40; presses++) {
      if ((await wanted.getAttribute('data-combobox-selected')) === 'true') break
      await keyboard.press('ArrowDown')
    }
    await keyboard.press('Enter')
    expect(await focused.inputValue()).toBe(option)
  }
  const panelField = (name: string) => page.getByRole('combobox', { name, exact: true })
  const focusedPart = (name: RegExp) => page.locator('[data-node]:focus').and(page.getByRole('button', { name }))
  // the first Escape may close a list that is just opening
  const backTo = async (name: RegExp) => {
    for (let presses = 0; presses < 3 && (await focusedPart(name).count()) === 0; presses++)
      await keyboard.press('Escape')
    await seen(focusedPart(name))
  }

  await tabTo('textbox', 'Name of the automation')
  await keyboard.type('Welcome by keyboard')
  await choose('What starts it', 'Record Created')
  await choose('Object', 'Leads')

  await backTo(/^Trigger/)
  await keyboard.press('ArrowDown')
  await seen(focusedPart(/^Conditions/))
  await keyboard.press('Enter')
  await tabTo('button', 'Add rule')
  await keyboard.press('Enter')
  // the focus is in what was added
  await seen(panelField('Field').and(focused))
  await choose('Field', 'Company')
  await tabTo('textbox', 'Value')
  await keyboard.type('Welcome by keyboard')

  await backTo(/^Conditions/)
  await keyboard.press('+')
  await seen(page.getByRole('dialog', { name: 'Add a step' }))
  await keyboard.type('e-mail')
  await keyboard.press('Enter')
  await tabTo('radio', 'A template')
  await keyboard.press('ArrowRight')
  await tabTo('textbox', 'Subject')
  await keyboard.type('Welcome {{record.na')
  await seen(page.getByRole('option', { name: /record\.name/ }))
  const subject = page.getByRole('textbox', { name: 'Subject' })
  await keyboard.press('Enter')
  expect(await subject.textContent()).toBe('Welcome {{record.name}}')
  await tabTo('textbox', 'Body')
  await keyboard.type('Hello {{record.name}}')

  await backTo(/^Send Email/)
  await keyboard.press('Control+s')
  await seen(page.getByRole('button', { name: 'Saved' }))
  // it has a page of its own now, and nothing was lost on the way there
  expect(page.url()).toMatch(/\/automations\/auto_/)
  await seen(focusedPart(/^Send Email/))
  expect(await page.getByRole('button', { name: 'Undo' }).isEnabled()).toBe(true)
  // the keyboard is at the copy, and when that is gone at the step before it
  await keyboard.press('Control+d')
  await seen(page.locator('[data-node="step:send_email_2"]:focus'))
  await keyboard.press('Delete')
  await seen(page.locator('[data-node="step:send_email_1"]:focus'))
  await seen(page.getByRole('button', { name: 'Saved' }))
  await tabTo('switch', 'Active')
  await keyboard.press('Space')
  await expectWelcome(page, 'Welcome by keyboard')
})

test('keys that come while a list is opening count: Enter takes what is highlighted', async () => {
  const page = await openAsOwner(people, '/automations/new')
  const list = page.getByRole('combobox', { name: 'What starts it', exact: true })
  await seen(list)
  // no timer of the page runs between two of these keys
  const taken = async (...keys: string[]): Promise<string> => {
    await list.evaluate(async (field: HTMLInputElement, pressed) => {
      field.focus()
      for (const key of pressed) {
        field.dispatchEvent(new KeyboardEvent('keydown', { key, code: key, bubbles: true, cancelable: true }))
        for (let turns = 0; turns < 20; turns++) await Promise.resolve()
      }
    }, keys)
    await seen(page.locator('[data-combobox-selected]'))
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)))
    const highlighted = await page.locator('[data-combobox-selected] > div > p').first().textContent()
    await page.keyboard.press('Enter')
    await page.locator('[data-combobox-selected]').waitFor({ state: 'detached' })
    expect(await list.inputValue()).toBe(highlighted)
    return highlighted!
  }
  const first = await taken('Enter', 'ArrowDown')
  // and when another one was chosen before
  expect(await taken('Enter', 'ArrowDown', 'ArrowDown')).not.toBe(first)
})

test('what was only just added is to be filled in, and is called wrong once it is left', async () => {
  const page = await openAsOwner(people, '/automations/new')
  const panel = page.getByRole('complementary', { name: 'Selected part' })
  await page.getByRole('textbox', { name: 'Name of the automation' }).fill('Step by step')
  await pick(panel, 'What starts it', 'Record Created')
  await pick(panel, 'Object', 'Tasks')
  await page.getByRole('button', { name: /^Conditions/ }).click()
  await panel.getByRole('button', { name: 'Add rule' }).click()
  await page.keyboard.press('Escape')
  // the rule without a field, and that there is no step yet
  await seen(page.getByRole('button', { name: '2 to fill in' }))
  expect(await panel.getByText('Choose a field.').count()).toBe(0)

  await page.getByRole('button', { name: 'Add the first step' }).click()
  await page.getByRole('option', { name: /Send Webhook/ }).click()
  await seen(page.getByRole('button', { name: '1 problem, 1 to fill in' }))
  await page.getByRole('button', { name: '1 problem, 1 to fill in' }).click()
  await seen(panel.getByText('Still to be filled in.'))
  await panel.getByRole('button', { name: /Choose a field/ }).click()
  await seen(panel.getByRole('combobox', { name: 'Field', exact: true }).and(page.locator('*:focus')))
  await page.keyboard.press('Escape')
  await seen(panel.getByText('Choose a field.'))
})

test('problems are listed, lead to their place, and keep nothing but saving from being done', async () => {
  const page = await openAsOwner(people, '/automations/new')
  const panel = page.getByRole('complementary', { name: 'Selected part' })
  await page.getByRole('textbox', { name: 'Name of the automation' }).fill('Not finished')
  await pick(panel, 'What starts it', 'Record Created')
  await pick(panel, 'Object', 'Leads')
  await page.getByRole('button', { name: 'Add the first step' }).click()
  await page.getByRole('option', { name: /Send Webhook/ }).click()
  await write(panel, 'URL', 'https://example.com/{{recrod.name}}')
  await page.getByRole('button', { name: 'Save', exact: true }).click()

  await seen(panel.getByRole('heading', { name: 'Problems' }))
  await seen(panel.getByText('These must be solved before it can be saved.'))
  expect(page.url()).toMatch(/\/automations\/new$/)
  await panel.getByRole('button', { name: /recrod/ }).click()
  await seen(panel.getByRole('textbox', { name: 'URL' }))
  await seen(panel.getByText(/recrod/).last())

  // the rest goes on: a step is added, undone, redone, and another is edited
  await page.getByRole('button', { name: 'Insert a step here' }).last().click()
  await page.getByRole('option', { name: /Wait/ }).click()
  await seen(page.locator('[data-node]').filter({ hasText: 'Wait' }))
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.locator('[data-node]').filter({ hasText: 'Wait' }).waitFor({ state: 'detached' })

  await page.locator('[data-node]').filter({ hasText: 'Send Webhook' }).click()
  const url = panel.getByRole('textbox', { name: 'URL' })
  await url.click()
  await page.keyboard.press('Control+a')
  await url.pressSequentially('https://example.com/hook')
  await seen(page.getByText('No problems'))
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.waitForURL(/\/automations\/auto_/)
  await seen(page.getByRole('button', { name: 'Saved' }))
})

test('a user puts a branch into a branch', async () => {
  const page = await openAsOwner(people, '/automations/new')
  const panel = page.getByRole('complementary', { name: 'Selected part' })
  await page.getByRole('textbox', { name: 'Name of the automation' }).fill('Two forks')
  await pick(panel, 'What starts it', 'Record Created')
  await pick(panel, 'Object', 'Deals')
  await page.getByRole('button', { name: 'Add the first step' }).click()
  await page.getByRole('option', { name: /Branch/ }).click()
  await page.locator('[data-node^="arm:"]').first().click()
  await panel.getByRole('button', { name: 'Add rule' }).click()
  await pick(panel, 'Field', 'Stage')
  await pick(panel, 'Value', 'Won')
  await page.locator('[data-node^="arm:"]').first().focus()
  await page.keyboard.press('+')
  await page.getByRole('option', { name: /Branch/ }).click()
  await page.locator('[data-node^="arm:branch_2"]').first().click()
  await panel.getByRole('button', { name: 'Add rule' }).click()
  await pick(panel, 'Field', 'Value')
  await pick(panel, 'Comparison', 'is more than')
  await panel.getByRole('textbox', { name: 'Value', exact: true }).fill('10000')
  await page.locator('[data-node^="arm:branch_2"]').first().focus()
  await page.keyboard.press('+')
  await page.getByRole('option', { name: /Stop/ }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.waitForURL(/\/automations\/auto_/)
  const saved = await api<{ actions: unknown[] }>('GET', `/automations/${page.url().split('/').at(-1)}`)
  expect(saved.actions).toMatchObject([
    {
      type: 'branch',
      config: {
        conditions: [
          { then: [{ type: 'branch', config: { conditions: [{ then: [{ type: 'stop' }] }, { else: [] }] } }] },
          { else: [] },
        ],
      },
    },
  ])
})
