import {
  createEmailTemplateRoute,
  createRecordsRoute,
  deleteUser,
  dryRunAutomationRoute,
  previewEmailTemplateRoute,
  publicId,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'

let t: TestEngine
beforeAll(async () => {
  t = await createTestEngine()
})
afterAll(() => t.stop())

const NOBODY = `user_${'0'.repeat(32)}`
const person = async () => {
  const { id, email } = await t.logIn('editor')
  return { id: publicId('user', id), email }
}
const refused = (field: string) => ({
  code: 'VALIDATION_ERROR',
  details: { errors: [{ path: expect.stringContaining(`/${field}`), message: expect.stringContaining(NOBODY) }] },
})

test('a record names a user who exists, or the write is refused', async () => {
  const ada = await person()
  const lead = await t.create('leads', { name: 'Lead', owner: ada.id })
  await expect(t.create('leads', { name: 'Lead', owner: NOBODY })).rejects.toMatchObject(refused('owner'))
  await expect(t.update(lead, { owner: NOBODY })).rejects.toMatchObject(refused('owner'))
  expect(await t.values(lead)).toMatchObject({ owner: ada.id })
  const records = [
    { title: 'One', assignee: ada.id },
    { title: 'Two', assignee: NOBODY },
  ]
  await expect(t.client.call(createRecordsRoute, { body: { object_id: 'tasks', records } })).rejects.toMatchObject(
    refused('assignee'),
  )
})

test('a user of another workspace is nobody', async () => {
  const other = await t.newWorkspace('Other')
  const ada = await person()
  const { client } = { client: t.clientOf(other.key) }
  const records = [{ title: 'One', assignee: ada.id }]
  await expect(client.call(createRecordsRoute, { body: { object_id: 'tasks', records } })).rejects.toMatchObject({
    code: 'VALIDATION_ERROR',
  })
})

test('a step that names nobody fails, and a record keeps a user who was deleted', async () => {
  const ada = await person()
  const lead = await t.create('leads', { name: 'Lead', owner: ada.id })
  await t.client.call(deleteUser, { params: { id: ada.id } })
  await t.update(lead, { name: 'Renamed', owner: ada.id })
  expect(await t.values(lead)).toMatchObject({ name: 'Renamed', owner: ada.id })
  const automation = await t.automation({
    trigger: { event: 'record.updated', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: 'To nobody' }] },
    actions: [{ type: 'update_record', config: { fields: { owner: NOBODY } } }],
  })
  await t.update(lead, { name: 'To nobody' })
  const run = await t.run(automation)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'VALIDATION_ERROR' } })
  expect(run.error!.message).toContain(NOBODY)
})

test('the owner is reached by name and e-mail, before and after a change', async () => {
  const [ada, bo] = [await person(), await person()]
  const lead = await t.create('leads', { name: 'Lead', owner: ada.id })
  const automation = await t.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'owner' },
    conditions: { match: 'all', rules: [{ field: 'owner.email', operator: 'equals', value: bo.email }] },
    actions: [
      {
        type: 'send_email',
        config: {
          to: '{{record.owner.email}}',
          subject: 'From {{previous.owner.email}}',
          body: 'Hello {{record.owner.name}}',
        },
      },
    ],
  })
  const changes = { owner: { from: ada.id, to: bo.id } }
  const dry = await t.client.call(dryRunAutomationRoute, {
    params: { id: automation },
    body: { record_id: lead, changes },
  })
  expect(dry).toMatchObject({
    status: 'succeeded',
    steps: [{ input: { to: [bo.email], subject: `From ${ada.email}` } }],
  })
  await t.update(lead, { owner: bo.id })
  const run = await t.run(automation)
  expect(run.status).toBe('succeeded')
  expect(t.smtp.mails.map(({ to, parsed }) => [to, parsed.subject, parsed.text?.trim()])).toEqual([
    [[bo.email], `From ${ada.email}`, 'Hello The editor'],
  ])
})

test('where there is no owner, the condition says so and a template has nothing', async () => {
  const automation = await t.automation({
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'owner.email', operator: 'is_not_empty' }] },
    actions: [{ type: 'stop' }],
  })
  await t.create('leads', { name: 'Nobody’s' })
  expect(await t.run(automation)).toMatchObject({
    status: 'skipped',
    conditions: { rules: [{ field: 'owner.email', passed: false }] },
  })
})

test('a preview of an e-mail names the owner', async () => {
  const ada = await person()
  const lead = await t.create('leads', { name: 'Lead', owner: ada.id })
  const { id } = await t.client.call(createEmailTemplateRoute, {
    body: { name: 'Owner', subject: 'For {{record.owner.email}}', html: '<p>Hi</p>' },
  })
  const shown = await t.client.call(previewEmailTemplateRoute, { params: { id }, body: { record_id: lead } })
  expect(shown).toMatchObject({ subject: `For ${ada.email}`, missing: [] })
})
