import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createAutomationRoute,
  createEmailTemplateRoute,
  createRecordRoute,
  updateAutomationRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../src/api/listen.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { runCommand } from './command.ts'

let t: TestApp
let folder: string
let env: Record<string, string>
beforeAll(async () => {
  t = await createTestApp()
  folder = await mkdtemp(join(tmpdir(), 'kantos-files-'))
  const url = (t.pool.options as { connectionString?: string }).connectionString!
  env = { DATABASE_URL: url, DATA_DIR: join(folder, 'data'), PUBLIC_URL: 'https://crm.example.org' }
})
afterAll(async () => {
  await t.drop()
  await rm(folder, { recursive: true })
})

const kantos = (...args: string[]) => runCommand(args, env)
const dir = () => join(folder, 'files')

test('a workspace goes into files and back: pull, diff, check and apply, as an operator types them', async () => {
  await t.client.call(createEmailTemplateRoute, { body: { name: 'Hello', subject: 'Hi', html: '<p>Hi</p>' } })
  const body = {
    name: 'Welcome',
    trigger: { event: 'record.created', object: 'leads' },
    actions: [{ type: 'send_email', config: { template: 'Hello', to: '{{record.email}}' } }],
  }
  const { id } = await t.client.call(createAutomationRoute, { body: body as never })
  const nowhere = await kantos('automations', 'pull', '/proc/none/files')
  expect(nowhere.code).toBe(1)
  expect(nowhere.stderr).toMatch(/^The folder \/proc\/none\/files can't be made: ENOENT/)
  const pulled = await kantos('automations', 'pull', dir())
  expect([pulled.code, pulled.stderr]).toEqual([0, ''])
  expect(pulled.stdout).toContain('+ automations/welcome.yaml')
  expect(pulled.stdout).toContain('7 written, 0 changed, 0 as they were.')
  expect(await readdir(join(dir(), 'objects'))).toHaveLength(5)
  expect(await readFile(join(dir(), 'automations/welcome.yaml'), 'utf8')).toContain('template: hello')
  const checked = await kantos('automations', 'diff', dir(), '--check')
  expect([checked.code, checked.stdout]).toEqual([0, 'The workspace is as the files say.\n'])

  await t.client.call(updateAutomationRoute, { params: { id }, query: {}, body: { ...body, name: 'Other' } as never })
  const differs = await kantos('automations', 'diff', dir(), '--check')
  expect(differs.code).toBe(1)
  expect(differs.stdout).toContain('~ automation welcome  Welcome\n    Name: “Other” became “Welcome”\n')
  const unasked = await kantos('automations', 'apply', dir())
  expect([unasked.code, unasked.stderr]).toEqual([1, 'Nobody can be asked here: repeat with --yes.\n'])
  const applied = await kantos('automations', 'apply', dir(), '--yes')
  expect([applied.code, applied.stderr]).toEqual([0, 'Applied.\n'])
  const { rows } = await t.pool.query(`select name, version from automations`)
  expect(rows).toEqual([{ name: 'Welcome', version: 3 }])

  await writeFile(
    join(dir(), 'automations/bad.yaml'),
    'name: Bad\ntrigger: { event: manual, object: nothing }\nactions: []\n',
  )
  const refused = await kantos('automations', 'apply', dir(), '--yes')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/automations\/bad\.yaml:2: .*nothing/)
  expect(refused.stderr).toMatch(/automations\/bad\.yaml:3: an automation needs at least one action/)
})

test('an automation’s file is tried on a record, with what it would start; the exit code says how it would end', async () => {
  const won = {
    name: 'Won',
    status: 'active',
    trigger: { event: 'field.changed', object: 'deals', field: 'stage', to: 'Won' },
    actions: [{ type: 'stop' }],
  }
  await t.client.call(createAutomationRoute, { body: won as never })
  const deal = await t.client.call(createRecordRoute, {
    body: { object_id: 'deals', field_values: { name: 'Big', deal_value: 5, stage: 'Proposal' } },
  })
  const file = join(folder, 'try.yaml')
  await writeFile(
    file,
    `name: Close it
trigger: { event: field.changed, object: deals, field: deal_value }
conditions: { match: all, rules: [{ field: deal_value, operator: greater_than, value: 10 }] }
actions:
  - { type: update_record, fields: { stage: Won } }
`,
  )
  const story = await kantos('run', file, '--record', deal.id, '--change', 'deal_value=20')
  expect([story.code, story.stderr]).toEqual([0, ''])
  expect(story.stdout).toContain('✓ Close it')
  expect(story.stdout).toContain('deal_value: 5 → 20')
  expect(story.stdout).toContain('stage: Proposal → Won')
  expect(story.stdout).toContain('↳ Won would start on the same record')
  expect(story.stdout).toContain('nothing was written or sent')
  expect(story.stdout).not.toContain('test mode')
  const skipped = await kantos('run', file, '--record', deal.id, '--change', 'deal_value=6', '--json')
  expect([skipped.code, JSON.parse(skipped.stdout).status]).toEqual([0, 'skipped'])

  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace('stage: Won', `name: "{{record.stage}}", deal_value: "{{record.name}}"`),
  )
  const failing = await kantos('run', file, '--record', deal.id, '--change', 'deal_value=20')
  expect(failing.code).toBe(1)
  expect(failing.stdout).toContain('✗ Close it')
  await writeFile(file, 'name: Close it\ntrigger: { event: manual, object: deals }\nactions:\n  - { type: stp }\n')
  const bad = await kantos('run', file)
  expect([bad.code, bad.stdout]).toEqual([2, ''])
  expect(bad.stderr).toContain(`${file}:4: there is no action "stp"`)
  expect((await kantos('run', join(folder, 'none.yaml'))).code).toBe(2)
})

test('a file is tried on a server over its API: the same story, the same refusals, the same exit codes', async () => {
  const server = await listen(t.app, { host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${server.port}`
  const away = { DATA_DIR: join(folder, 'nothing') }
  const remote = (...args: string[]) => runCommand(['run', ...args, '--url', url, '--key', t.apiKey], away)
  const file = join(folder, 'try-there.yaml')
  try {
    await t.client.call(createEmailTemplateRoute, {
      body: { name: 'Thanks', subject: 'Hi {{record.name}}', html: 'Hi' },
    })
    const { id } = await t.client.call(createRecordRoute, {
      body: { object_id: 'deals', field_values: { name: 'There', deal_value: 5 } },
    })
    await writeFile(
      file,
      `key: thanks
name: Thank them
trigger: { event: field.changed, object: deals, field: deal_value }
conditions: { match: all, rules: [{ field: deal_value, operator: greater_than, value: 10 }] }
actions:
  - { type: send_email, config: { template: thanks, to: ada@example.org } }
`,
    )
    const story = await remote(file, '--record', id, '--change', 'deal_value=20')
    expect([story.code, story.stderr]).toEqual([0, ''])
    expect(story.stdout).toContain('✓ Thank them')
    expect(story.stdout).toContain('Hi There')
    const here = await kantos('run', file, '--record', id, '--change', 'deal_value=20')
    const timeless = (text: string) => text.replaceAll(/ +(succeeded in )?\d+ ms/g, '')
    expect(timeless(story.stdout)).toBe(timeless(here.stdout))
    const { rows } = await t.pool.query('select 1 from runs union all select 1 from captured_emails')
    expect(rows).toEqual([])
    const skipped = await remote(file, '--record', id, '--change', 'deal_value=6', '--json')
    expect([skipped.code, JSON.parse(skipped.stdout).status]).toEqual([0, 'skipped'])
    await writeFile(file, (await readFile(file, 'utf8')).replace('template: thanks', 'template: thinks'))
    const bad = await remote(file)
    expect([bad.code, bad.stdout, bad.stderr]).toEqual([2, '', expect.stringContaining(`${file}:6: `)])
    const gone = await remote(file.replace('try-there', 'try'), '--record', 'rec_00000000000070008000000000000000')
    expect(gone.code).toBe(2)
    const nameless = await runCommand(['run', file, '--url', url], away)
    expect([nameless.code, nameless.stderr]).toEqual([
      1,
      `A server key of ${url} is needed: --key, or KANTOS_API_KEY.\n`,
    ])
  } finally {
    await server.close()
  }
})

test('the same over a server’s API, with a key and nothing else', async () => {
  const server = await listen(t.app, { host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${server.port}`
  const away = { DATA_DIR: join(folder, 'nothing'), KANTOS_API_KEY: t.apiKey }
  const remote = (...args: string[]) => runCommand(['automations', ...args], { ...away, KANTOS_URL: url })
  const files = join(folder, 'remote')
  const file = join(files, 'email-templates/remote.yaml')
  try {
    await t.client.call(createEmailTemplateRoute, { body: { name: 'Remote', subject: 'Hi', html: '<p>Hi</p>' } })
    const pulled = await remote('pull', files)
    expect([pulled.code, pulled.stderr]).toEqual([0, ''])
    expect(pulled.stdout).toContain('+ email-templates/remote.yaml')
    expect((await remote('diff', files, '--check')).code).toBe(0)
    await writeFile(file, `# mine\n${(await readFile(file, 'utf8')).replace('subject: Hi', 'subject: Hello')}`)
    const differs = await remote('diff', files, '--check')
    expect(differs.code).toBe(1)
    expect(differs.stdout).toContain('~ e-mail template remote  Remote\n    subject: “Hi” became “Hello”\n')
    const applied = await remote('apply', files, '--yes')
    expect([applied.code, applied.stderr]).toEqual([0, 'Applied.\n'])
    const { rows } = await t.pool.query(
      `select t.subject, a.actor from email_templates t
       join audit_log a on a.target = 'tmpl_' || replace(t.id::text, '-', '') and a.action = 'email_template.updated'
       where t.name = 'Remote'`,
    )
    expect(rows).toEqual([{ subject: 'Hello', actor: expect.stringMatching(/^key_/) }])
    await t.pool.query(`update email_templates set subject = 'Changed on the server' where name = 'Remote'`)
    expect((await remote('pull', files)).stdout).toContain('~ email-templates/remote.yaml')
    expect(await readFile(file, 'utf8')).toMatch(/^# mine\n[^]*subject: Changed on the server/)
    await writeFile(file, 'name: Remote\nsubject: "{{record.name"\nhtml: Hi\n')
    const refused = await remote('apply', files, '--yes')
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('email-templates/remote.yaml:2: ')])

    const said = async (...args: string[]) => {
      const { code, stderr } = await runCommand(['automations', 'diff', files, ...args], { DATA_DIR: away.DATA_DIR })
      return [code, stderr]
    }
    expect(await said('--url', url)).toEqual([1, `A server key of ${url} is needed: --key, or KANTOS_API_KEY.\n`])
    expect(await said('--url', url, '--key', 'kantos_not_a_key_that_exists')).toEqual([
      1,
      'The API key is unknown or revoked.\n',
    ])
    expect(await said('--url', url, '--key', t.apiKey, '--workspace', 'default')).toEqual([
      1,
      'On a server the key says which workspace it is; leave --workspace out.\n',
    ])
    expect(await said('--url', 'http://127.0.0.1:1', '--key', t.apiKey)).toEqual([
      1,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 can't be reached: /),
    ])
  } finally {
    await server.close()
  }
})
