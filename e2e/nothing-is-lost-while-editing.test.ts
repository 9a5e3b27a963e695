import { expect, inject, test } from 'vitest'
import { usePeople } from './support/browser.ts'
import { api, openAsOwner, owner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()
const NAME = 'Name of the automation'

interface Automation {
  id: string
  name: string
  version: number
}

/** An automation that does little. */
function createAutomation(name: string): Promise<Automation> {
  return api<Automation>('POST', '/automations', {
    name,
    trigger: { event: 'record.created', object: 'obj_def_tasks' },
    actions: [{ type: 'stop', config: {} }],
  })
}

test('what a user typed is there again when the tab was closed before it was saved', async () => {
  const { id } = await createAutomation('Kept')
  const context = await owner(people)
  const url = `${inject('installation').url}/automations/${id}`
  const first = await people.open(context, url)
  await first.getByRole('textbox', { name: NAME }).fill('Kept, and renamed')
  await first.close()

  const second = await people.open(context, url)
  await seen(second.getByText(/Your unsaved changes of .* are back/))
  expect(await second.getByRole('textbox', { name: NAME }).inputValue()).toBe('Kept, and renamed')
  await second.getByRole('button', { name: 'Save', exact: true }).click()
  await seen(second.getByRole('button', { name: 'Saved' }))
  expect(await api<Automation>('GET', `/automations/${id}`)).toMatchObject({ name: 'Kept, and renamed', version: 2 })
})

test('unsaved changes can be thrown away', async () => {
  const { id } = await createAutomation('Plain')
  const context = await owner(people)
  const url = `${inject('installation').url}/automations/${id}`
  const first = await people.open(context, url)
  await first.getByRole('textbox', { name: NAME }).fill('A slip')
  await first.close()
  const second = await people.open(context, url)
  await second.getByRole('button', { name: 'Discard them' }).click()
  await second.getByRole('dialog').getByRole('button', { name: 'Discard them' }).click()
  await seen(second.getByRole('button', { name: 'Saved' }))
  expect(await second.getByRole('textbox', { name: NAME }).inputValue()).toBe('Plain')
})

test('when two people edit, the second to save sees both versions and chooses', async () => {
  const { id } = await createAutomation('Ours')
  const [hers, his] = [
    await openAsOwner(people, `/automations/${id}`),
    await openAsOwner(people, `/automations/${id}`),
  ] as const
  await hers.getByRole('textbox', { name: NAME }).fill('Hers')
  await his.getByRole('textbox', { name: NAME }).fill('His')
  await hers.getByRole('button', { name: 'Save', exact: true }).click()
  await seen(hers.getByRole('button', { name: 'Saved' }))

  await his.getByRole('button', { name: 'Save', exact: true }).click()
  const choice = his.getByRole('dialog', { name: 'Somebody else saved this automation' })
  await seen(choice.getByText('Hers'))
  await seen(choice.getByText('His'))
  await choice.getByRole('button', { name: 'Keep editing' }).click()
  expect(await his.getByRole('textbox', { name: NAME }).inputValue()).toBe('His')
  expect(await api('GET', `/automations/${id}`)).toMatchObject({ name: 'Hers', version: 2 })

  await his.getByRole('button', { name: 'Save', exact: true }).click()
  await choice.getByRole('button', { name: 'Save mine over it' }).click()
  await seen(his.getByRole('button', { name: 'Saved' }))
  expect(await api('GET', `/automations/${id}`)).toMatchObject({ name: 'His', version: 3 })
})

test('the one who came second can take the other version instead', async () => {
  const { id } = await createAutomation('Ours too')
  const page = await openAsOwner(people, `/automations/${id}`)
  await page.getByRole('textbox', { name: NAME }).fill('Mine')
  const { version, ...theirs } = await api<Automation & Record<string, unknown>>('GET', `/automations/${id}`)
  const { trigger, actions } = theirs as unknown as { trigger: unknown; actions: unknown }
  await api('PUT', `/automations/${id}`, { name: 'Theirs', trigger, actions, version })
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'Take theirs, drop mine' }).click()
  await seen(page.getByRole('button', { name: 'Saved' }))
  expect(await page.getByRole('textbox', { name: NAME }).inputValue()).toBe('Theirs')
})
