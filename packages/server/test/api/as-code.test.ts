import {
  applyFilesRoute,
  createEmailTemplateRoute,
  diffFilesRoute,
  listEmailTemplatesRoute,
  pullFilesRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const template = (key: string, subject: string) => ({
  path: `email-templates/${key}.yaml`,
  text: `name: ${key}\nsubject: ${subject}\nhtml: <p>Hi</p>\n`,
})
const names = async () => (await t.client.call(listEmailTemplatesRoute)).data.map(({ name }) => name)

test('a plan is shown, carried out, and refused once another one would be', async () => {
  const files = [template('a', 'Hi'), template('b', 'Hi')]
  const { changes } = await t.client.call(diffFilesRoute, { body: { files } })
  expect(changes).toMatchObject([
    { kind: 'template', key: 'a', action: 'create' },
    { kind: 'template', key: 'b', action: 'create' },
  ])
  await t.client.call(createEmailTemplateRoute, { body: { name: 'a', subject: 'Other', html: 'Hi' } })
  await expect(t.client.call(applyFilesRoute, { body: { files, changes } })).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await names()).toEqual(['a'])
  expect((await t.client.call(applyFilesRoute, { body: { files } })).changes).toMatchObject([
    { key: 'a', action: 'update', words: ['subject: “Other” became “Hi”', 'html: 1 lines added, 1 lines removed'] },
    { key: 'b', action: 'create' },
  ])
  expect((await t.client.call(diffFilesRoute, { body: { files } })).changes).toEqual([])
  const pulled = await t.client.call(pullFilesRoute, { body: { files: [...files, template('z', 'Hi')] } })
  const of = (path: string) => pulled.files.find((file) => file.path === path)
  expect(of('email-templates/a.yaml')).toMatchObject({ what: 'same', text: null })
  expect(of('email-templates/z.yaml')).toMatchObject({ what: 'extra', text: null })
  expect(of('objects/leads.yaml')).toMatchObject({ what: 'written', text: expect.stringContaining('slug: email') })
})

test('files with problems change nothing, and say where', async () => {
  const files = [template('c', 'Hi'), template('d', '"{{record.name"'), { path: 'automations/e.yaml', text: 'a: [' }]
  const refused = {
    code: 'VALIDATION_ERROR',
    details: {
      errors: expect.arrayContaining([
        expect.objectContaining({ path: 'email-templates/d.yaml:2' }),
        { path: expect.stringMatching(/^automations\/e\.yaml:/), message: expect.any(String) },
      ]),
    },
  }
  await expect(t.client.call(applyFilesRoute, { body: { files } })).rejects.toMatchObject(refused)
  expect(await names()).not.toContain('c')
})

test('paths that lead elsewhere, doubled ones, and what is too much are refused', async () => {
  for (const path of [
    '../x.yaml',
    'automations/../x.yaml',
    'automations/a/b.yaml',
    'other/x.yaml',
    'automations/x.txt',
  ])
    await expect(t.client.call(diffFilesRoute, { body: { files: [{ path, text: '' }] } })).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
    })
  const one = template('a', 'Hi')
  for (const files of [[one, one], [{ ...one, text: 'x'.repeat(1024 * 1024 + 1) }]])
    await expect(t.client.call(diffFilesRoute, { body: { files } })).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
  const large = Array.from({ length: 20 }, (_, i) => ({ path: `automations/${i}.yaml`, text: 'x'.repeat(1000 * 1000) }))
  await expect(t.client.call(diffFilesRoute, { body: { files: large } })).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  })
})

test('editors may not', async () => {
  const { client } = await t.logIn('editor')
  await expect(client.call(diffFilesRoute, { body: { files: [] } })).rejects.toMatchObject({ code: 'FORBIDDEN' })
})
