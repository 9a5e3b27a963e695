import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  automationSchema,
  createAutomationRoute,
  createEmailTemplateRoute,
  createFieldRoute,
  createObjectRoute,
  createRecordRoute,
  getAutomationRoute,
  getObjectRoute,
  listAutomationsRoute,
  listEmailTemplatesRoute,
  putSecret,
  RECIPES,
  updateAutomationRoute,
} from '@kantos/model'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { applyFiles, FilesRefused } from '../../src/as-code/apply.ts'
import { readFolder } from '../../src/as-code/folder.ts'
import { makePlan, type Plan } from '../../src/as-code/plan.ts'
import { pullWorkspace, writePulled } from '../../src/as-code/pull.ts'
import { readState } from '../../src/as-code/state.ts'
import type { Principal } from '../../src/services.ts'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
const folders: string[] = []
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

const by = (workspaceId: string): Principal => ({
  workspaceId,
  kind: 'key',
  id: 'cli',
  actor: 'cli',
  name: 'cli',
  role: 'admin',
})
let made = 0
async function workspace() {
  const { id, key } = await t.newWorkspace(`Files ${made++}`)
  await t.clientOf(key).call(putSecret, { params: { name: 'crm_token' }, body: { value: 'hush' } })
  return { id, client: t.clientOf(key) }
}
async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kantos-files-'))
  folders.push(folder)
  return folder
}
async function write(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), text)
  }
}
async function filesOf(root: string): Promise<Record<string, string>> {
  const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const paths = names.map(({ parentPath, name }) => join(parentPath, name)).toSorted()
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path.slice(root.length + 1), await readFile(path, 'utf8')] as const)),
  )
}
const pull = async (root: string, id: string, prune = false) =>
  writePulled(root, await pullWorkspace(t.services, id, await readFolder(root), 'https://crm.example.org'), prune)
const diff = async (root: string, id: string, prune = false): Promise<Plan> =>
  makePlan(await readState(t.pool, id), await readFolder(root), { prune, now: Date.now() })
const apply = async (root: string, id: string, prune = false) =>
  applyFiles(t.services, by(id), await readFolder(root), { prune, shown: await diff(root, id, prune) })

const WELCOME = `# greets whoever comes
key: welcome
name: Welcome
status: active
trigger: { event: record.created, object: leads }   # every lead
actions:
  # the mail itself
  - key: mail
    type: send_email
    config:
      template: hello
      to: '{{record.email}}'
`
const HELLO = `key: hello
subject: Hello {{record.name}}
name: Hello
html: |
  <p>Hello {{record.name}}</p>

  <p>Bye</p>
`

test('what was pulled makes a fresh workspace the same: pulling that gives the same files, byte for byte', async () => {
  const from = await workspace()
  await from.client.call(createObjectRoute, {
    body: {
      name: 'Offers',
      description: 'What we offered',
      fields: [
        { name: 'Title', type: 'text', required: true },
        { name: 'Machine', type: 'reference', options: { object: 'offers' } },
        {
          name: 'Stage',
          type: 'status',
          options: { stages: ['Open', { name: 'Sold', color: 'red' }] },
          default_value: 'Open',
        },
      ],
    },
  })
  await from.client.call(createFieldRoute, {
    params: { id: 'leads' },
    body: { name: 'Offer', type: 'reference', options: { object: 'offers' }, position: 2 },
  })
  for (const { templates, automation } of RECIPES) {
    for (const template of templates) {
      const { data } = await from.client.call(listEmailTemplatesRoute, { query: { per_page: 100 } as never })
      if (!data.some(({ name }) => name === template.name))
        await from.client.call(createEmailTemplateRoute, { body: template })
    }
    await from.client.call(createAutomationRoute, { body: automation as never })
  }
  const root = await emptyFolder()
  await pull(root, from.id)
  const files = await filesOf(root)
  expect(Object.keys(files).length).toBeGreaterThan(RECIPES.length + 6)
  expect(JSON.stringify(files)).not.toMatch(/(?:tmpl|auto|fld|user|key)_[0-9a-f]{32}/)
  expect(Object.values(files)[0]).toMatch(
    /^# yaml-language-server: \$schema=https:\/\/crm\.example\.org\/api\/schemas\//,
  )
  expect(await diff(root, from.id, true)).toMatchObject({ changes: [], left: [], problems: [] })
  const to = await workspace()
  await apply(root, to.id)
  expect(await diff(root, to.id, true)).toMatchObject({ changes: [], left: [], problems: [] })
  const second = await emptyFolder()
  await pull(second, to.id)
  expect(await filesOf(second)).toEqual(files)
  expect((await pull(root, to.id)).every(({ what }) => what === 'same')).toBe(true)
})

const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('{{')),
  fc.constantFrom(
    'yes',
    'null',
    '1e3',
    '# no',
    ' x',
    'a: b',
    '- a',
    'two\nlines\n',
    'end \n ',
    '{{record.name}}\n\n',
    '\ttab\n',
  ),
)
const rule = fc.oneof(
  fc.record({ field: fc.constantFrom('name', 'notes'), operator: fc.constantFrom('equals', 'contains'), value: words }),
  fc.record({ field: fc.constant('score'), operator: fc.constantFrom('greater_than', 'equals'), value: fc.integer() }),
  fc.record({ field: fc.constantFrom('email', 'score'), operator: fc.constantFrom('is_empty', 'changed') }),
)
const { group, action } = fc.letrec<{ group: object; action: object }>((tie) => ({
  group: fc.record({
    match: fc.constantFrom('all', 'any'),
    rules: fc.array(fc.oneof({ depthSize: 'small' }, rule, tie('group')), { maxLength: 3 }),
  }),
  action: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('update_record'), config: fc.record({ fields: fc.record({ notes: words }) }) }),
    fc.record({
      type: fc.constant('send_email'),
      config: fc.record({ to: fc.constant('{{record.email}}'), template: fc.constantFrom('Hello', 'Bye') }),
    }),
    fc.record({
      type: fc.constant('webhook'),
      config: fc.record({
        url: fc.constant('https://example.org'),
        body: fc.record({ a: words, b: fc.jsonValue({ maxDepth: 2 }) }),
      }),
    }),
    fc.record({
      type: fc.constant('webhook'),
      on_error: fc.constant('continue'),
      config: fc.record({ url: fc.constant('https://example.org/{{secrets.crm_token}}') }),
    }),
    fc.record({
      type: fc.constant('wait'),
      config: fc.record({ duration: fc.integer({ min: 1, max: 9 }), unit: fc.constantFrom('hours', 'days') }),
    }),
    fc.record({
      type: fc.constant('stop'),
      name: words.filter((text) => text.length < 200),
      config: fc.record({ reason: words }),
    }),
    fc.record({
      type: fc.constant('branch'),
      config: fc.record({
        conditions: fc.tuple(
          fc.record({ if: fc.oneof(rule, tie('group')), then: fc.array(tie('action'), { maxLength: 2 }) }),
          fc.record({ else: fc.array(tie('action'), { maxLength: 2 }) }),
        ),
      }),
    }),
    fc.record({
      type: fc.constant('wait'),
      config: fc.constant({ until: '{{date_add(now, 1, "days")}}' }),
      on_error: fc.record({ actions: fc.array(tie('action'), { minLength: 1, maxLength: 2 }) }),
    }),
  ),
}))
const document = fc.record(
  {
    name: words.filter((text) => text.trim() !== ''),
    description: words,
    trigger: fc.constantFrom(
      { event: 'record.created', object: 'obj_def_leads' },
      { event: 'field.changed', object: 'leads', field: 'status', to: 'qualified' },
      { event: 'manual', object: 'obj_leads' },
      { event: 'record.updated', object: 'leads' },
    ),
    conditions: group,
    actions: fc.array(action, { minLength: 1, maxLength: 4 }),
    serial: fc.boolean(),
    enrolment: fc.constantFrom('once_per_record', { once_per: { days: 30 } }),
    exit: fc.constant({ match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'converted' }] }),
    mode: fc.constantFrom('live', 'test'),
  },
  { requiredKeys: ['name', 'trigger', 'actions'] },
)

test('200 generated automations go into files and out of them as they were', async () => {
  const from = await workspace()
  for (const name of ['Hello', 'Bye'])
    await from.client.call(createEmailTemplateRoute, { body: { name, subject: 'Hi', html: '<p>\n  Hi\n</p>' } })
  let saved = 0
  for (const body of fc.sample(document, { numRuns: 500, seed: 11 })) {
    if (saved === 200) break
    const watching = body.trigger.event === 'manual' ? { ...body, exit: undefined } : body
    await from.client.call(createAutomationRoute, { body: watching as never }).then(
      () => (saved += 1),
      (error: { status?: number }) => expect(error.status).toBe(422),
    )
  }
  expect(saved).toBe(200)
  const root = await emptyFolder()
  await pull(root, from.id)
  expect((await diff(root, from.id)).changes).toEqual([])
  const fits = new Ajv({ strict: false }).compile(automationSchema())
  for (const [path, { content }] of (await readFolder(root)).files.get('automation')!)
    expect([path, fits(content), fits.errors]).toEqual([path, true, null])
  const to = await workspace()
  expect((await diff(root, to.id)).problems).toEqual([])
  await apply(root, to.id)
  const second = await emptyFolder()
  await pull(second, to.id)
  expect(await filesOf(second)).toEqual(await filesOf(root))
}, 120_000)

test('a file that says the same stays as it is; one that does not keeps its comments and the order of its keys', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await write(root, { 'automations/greeting.yaml': WELCOME, 'email-templates/hello.yaml': HELLO })
  await apply(root, id)
  expect((await pull(root, id)).filter(({ path }) => /greeting|hello/.test(path)).map(({ what }) => what)).toEqual([
    'same',
    'same',
  ])
  expect((await filesOf(root))['automations/greeting.yaml']).toBe(WELCOME)
  const { data } = await client.call(listAutomationsRoute, { query: {} as never })
  const now = await client.call(getAutomationRoute, { params: { id: data[0]!.id } })
  await client.call(updateAutomationRoute, {
    params: { id: now.id },
    query: {},
    body: {
      ...now,
      name: 'Welcome, all',
      actions: [{ type: 'wait', key: 'first', config: { duration: 1, unit: 'hour' } }, ...now.actions],
    } as never,
  })
  expect(await pull(root, id)).toContainEqual({ path: 'automations/greeting.yaml', what: 'changed' })
  expect((await filesOf(root))['automations/greeting.yaml']).toBe(
    `# greets whoever comes
key: welcome
name: Welcome, all
status: active
mode: live
trigger: { event: record.created, object: leads } # every lead
actions:
  - key: first
    type: wait
    config:
      duration: 1
      unit: hour
  # the mail itself
  - key: mail
    type: send_email
    config:
      template: hello
      to: "{{record.email}}"
`.replace('"{{record.email}}"', "'{{record.email}}'"),
  )
  expect((await diff(root, id)).changes).toEqual([])
})

test('a plan says in words what would change, and an apply does it under the name cli', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await write(root, { 'automations/welcome.yaml': WELCOME, 'email-templates/hello.yaml': HELLO })
  expect((await diff(root, id)).changes.map(({ kind, key, action }) => `${action} ${kind} ${key}`)).toEqual([
    'create template hello',
    'create automation welcome',
  ])
  await apply(root, id)
  const leads = `key: leads\nname: Prospects\nfields:\n  - { slug: name, name: Name, type: text, required: true }\n  - { slug: size, name: Size, type: number }\n`
  await write(root, {
    'automations/welcome.yaml': WELCOME.replace('name: Welcome', 'name: Hi').replace(
      'mail\n    type',
      'mail\n    name: Letter\n    type',
    ),
    'email-templates/hello.yaml': HELLO.replace('Bye', 'See you'),
    'objects/leads.yaml': leads,
  })
  const plan = await diff(root, id)
  expect(plan.changes).toEqual([
    {
      kind: 'object',
      key: 'leads',
      name: 'Prospects',
      action: 'update',
      words: [
        'name: “Leads” became “Prospects”',
        'description: “People and companies that may become customers” became “none”',
        'Field “size” (number) was added',
      ],
    },
    {
      kind: 'template',
      key: 'hello',
      name: 'Hello',
      action: 'update',
      words: ['html: 1 lines added, 1 lines removed'],
    },
    {
      kind: 'automation',
      key: 'welcome',
      name: 'Hi',
      action: 'update',
      words: ['Name: “Welcome” became “Hi”', 'Step Send Email “Letter”: name “Letter” was added'],
    },
  ])
  expect(plan.left).toContainEqual({ kind: 'field', key: 'leads.email' })
  await apply(root, id)
  expect((await diff(root, id)).changes).toEqual([])
  const object = await client.call(getObjectRoute, { params: { id: 'leads' } })
  expect(object.fields.map(({ slug }) => slug)).toContain('email')
  const { rows } = await t.pool.query<{ actor: string; action: string }>(
    'select distinct actor, action from audit_log where workspace_id = $1 and actor = $2 order by action',
    [id, 'cli'],
  )
  expect(rows.map(({ action }) => action)).toEqual([
    'automation.created',
    'automation.updated',
    'email_template.created',
    'email_template.updated',
    'field.created',
    'object.updated',
  ])
})

test('a thing keeps its key when it is renamed on either side', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await write(root, { 'automations/welcome.yaml': WELCOME, 'email-templates/hello.yaml': HELLO })
  await apply(root, id)
  const { data } = await client.call(listAutomationsRoute, { query: {} as never })
  await client.call(updateAutomationRoute, {
    params: { id: data[0]!.id },
    query: {},
    body: { ...(await client.call(getAutomationRoute, { params: { id: data[0]!.id } })), name: 'Another' } as never,
  })
  expect((await diff(root, id)).changes).toMatchObject([
    { action: 'update', words: ['Name: “Another” became “Welcome”'] },
  ])
})

test('what can not be saved is refused with its file and line, and nothing is changed', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await write(root, {
    'email-templates/hello.yaml': HELLO,
    'automations/broken.yaml': `name: Broken
trigger: { event: record.created, object: leads }
conditions:
  match: all
  rules:
    - field: colour
      operator: equals
      value: red
actions:
  - type: send_email
    config:
      template: nowhere
      to: a@example.org
  - type: webhook
    config:
      url: https://example.org/
      headers:
        X-Token: '{{secrets.absent}}'
`,
    'automations/worse.yaml': 'name: [1\n',
    'objects/offers.yaml': 'name: Offers\nfields:\n  - name: Title\n    type: words\n',
  })
  const { problems } = await diff(root, id)
  expect(problems.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'automations/worse.yaml:2',
    'objects/offers.yaml:4',
    'automations/broken.yaml:12',
    'automations/broken.yaml:6',
    'automations/broken.yaml:18',
  ])
  expect(problems.map(({ message }) => message).join('\n')).toMatch(/nowhere[\s\S]*colour[\s\S]*absent/)
  await expect(apply(root, id)).rejects.toBeInstanceOf(FilesRefused)
  expect((await client.call(listEmailTemplatesRoute, { query: {} as never })).data).toEqual([])
})

test('removing what is in use refuses the whole apply; what is not in use goes only when pruning is asked for', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await write(root, { 'automations/welcome.yaml': WELCOME, 'email-templates/hello.yaml': HELLO })
  await write(root, { 'objects/offers.yaml': 'name: Offers\nfields:\n  - { name: Title, type: text }\n' })
  await apply(root, id)
  const kept = await pull(root, id)
  expect(kept.length).toBeGreaterThan(0)
  // the template stays in use, by an automation that a new file comes before
  await rm(join(root, 'email-templates/hello.yaml'))
  await write(root, {
    'automations/a-new.yaml': 'name: New\ntrigger: { event: manual, object: leads }\nactions: [{ type: stop }]\n',
    'automations/welcome.yaml': WELCOME.replace('template: hello', 'subject: Hi\n      body: Ho').replace(
      'active',
      'inactive',
    ),
  })
  await client.call(createAutomationRoute, {
    body: {
      name: 'Uses it too',
      trigger: { event: 'manual', object: 'leads' },
      actions: [{ type: 'send_email', config: { template: 'Hello', to: 'a@example.org' } }],
    } as never,
  })
  await pull(root, id)
  await rm(join(root, 'email-templates/hello.yaml'))
  await expect(apply(root, id, true)).rejects.toBeInstanceOf(FilesRefused)
  const names = async () =>
    (await client.call(listAutomationsRoute, { query: {} as never })).data.map(({ name }) => name).toSorted()
  expect(await names()).toEqual(['Uses it too', 'Welcome'])
  await rm(join(root, 'automations'), { recursive: true })
  await rm(join(root, 'objects/offers.yaml'))
  const { changes } = await diff(root, id, false)
  expect(changes).toEqual([])
  await apply(root, id, true)
  expect(await names()).toEqual([])
  await expect(client.call(getObjectRoute, { params: { id: 'offers' } })).rejects.toMatchObject({ status: 404 })
})

test('what fails on the way takes everything back', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await client.call(createObjectRoute, { body: { name: 'Old', fields: [{ name: 'Name', type: 'text' }] } })
  await client.call(createRecordRoute, { body: { object_id: 'old', field_values: { name: 'kept' } } as never })
  await write(root, { 'objects/offers.yaml': 'name: Offers\nfields: []\n' })
  await expect(apply(root, id, true)).rejects.toMatchObject({
    problems: [{ file: 'objects/old.yaml', line: 1, message: expect.stringContaining("can't be deleted") }],
  })
  await expect(client.call(getObjectRoute, { params: { id: 'offers' } })).rejects.toMatchObject({ status: 404 })
  await client.call(createObjectRoute, { body: { name: 'Offers', icon: 'star' } })
  expect((await client.call(getObjectRoute, { params: { id: 'offers' } })).icon).toBe('star')
})

/** The object `vans`, whose `km` is of a type, and an automation that asks for it. */
const vans = (type: string, more = '') =>
  `name: Vans\nfields:\n  - { slug: plate, name: Plate, type: text }\n  - { slug: km, name: Km, type: ${type} }\n${more}`
const asking = (operator: string, value: string) => `name: Far
trigger: { event: record.updated, object: vans }
conditions: { match: all, rules: [{ field: km, operator: ${operator}, value: ${value} }] }
actions: [{ type: stop }]
`

test('a field’s type and what asks for it change in one apply', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await write(root, { 'objects/vans.yaml': vans('text'), 'automations/far.yaml': asking('starts_with', '"9"') })
  await apply(root, id)
  await write(root, { 'objects/vans.yaml': vans('number'), 'automations/far.yaml': asking('greater_than', '9') })
  await apply(root, id)
  expect((await client.call(getObjectRoute, { params: { id: 'vans' } })).fields[1]!.type).toBe('number')
  expect((await diff(root, id)).changes).toEqual([])
})

test('a plan says what would break: automations that have no file, and what is in use but would go', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  const problems = async (prune = false) =>
    (await diff(root, id, prune)).problems.map(({ file, line, message }) => `${file}:${line}: ${message}`)
  const states = (...names: string[]) =>
    `  - { slug: state, name: State, type: status, options: { stages: [${names.join()}] } }\n`
  await write(root, { 'objects/vans.yaml': vans('text', states('new', 'old')), 'email-templates/hello.yaml': HELLO })
  await apply(root, id)
  const other = async (name: string, more: object) =>
    client.call(createAutomationRoute, {
      body: {
        name,
        trigger: { event: 'record.updated', object: 'vans' },
        actions: [{ type: 'send_email', config: { template: 'Hello', to: 'a@example.org' } }],
        ...more,
      } as never,
    })
  await other('Far', { conditions: { match: 'all', rules: [{ field: 'km', operator: 'starts_with', value: '9' }] } })
  await other('Aged', { trigger: { event: 'field.changed', object: 'vans', field: 'state', to: 'old' } })

  const broken = (name: string) => `the automation "${name}", which has no file, could not run any more: `
  await write(root, { 'objects/vans.yaml': vans('number', states('new', 'old')) })
  expect(await problems()).toEqual([expect.stringContaining(`objects/vans.yaml:1: ${broken('Far')}`)])
  await write(root, { 'objects/vans.yaml': vans('long_text', states('new', 'old')) })
  expect(await problems()).toEqual([])
  await write(root, { 'objects/vans.yaml': vans('text', states('new')) })
  expect(await problems()).toEqual([expect.stringContaining(`objects/vans.yaml:1: ${broken('Aged')}`)])
  await expect(apply(root, id)).rejects.toBeInstanceOf(FilesRefused)
  // what could not be saved before isn't the fault of this apply
  await t.pool.query(
    `update automations set document = jsonb_set(document::jsonb, '{on_import}', '"nope"')
    where workspace_id = $1`,
    [id],
  )
  expect(await problems()).toEqual([])

  await write(root, {
    'automations/reads.yaml': `name: Reads it far away
trigger: { event: manual, object: leads }
actions:
  - { key: found, type: find_records, config: { object: vans } }
  - { type: create_record, config: { object_definition_id: tasks, data: { title: '{{steps.found.first.km}}' } } }
  - { type: send_email, config: { template: hello, to: a@example.org } }
`,
    'objects/vans.yaml': 'name: Vans\nfields: [{ slug: plate, name: Plate, type: text }]\n',
  })
  await rm(join(root, 'email-templates/hello.yaml'))
  expect(await problems(true)).toEqual(['automations/reads.yaml:6: there is no e-mail template with the key "hello"'])
  await write(root, { 'email-templates/hello.yaml': HELLO })
  expect(await problems(true)).toEqual([
    'objects/vans.yaml:2: the field km would be removed, but automations/reads.yaml uses it',
  ])
})

test('a file that holds two is refused, and a version in one says nothing', async () => {
  const { id } = await workspace()
  const root = await emptyFolder()
  const one = 'name: One\ntrigger: { event: manual, object: leads }\nactions: [{ type: stop }]\n'
  await write(root, { 'automations/one.yaml': `${one}---\n${one.replace('One', 'Two')}` })
  expect((await diff(root, id)).problems).toEqual([
    { file: 'automations/one.yaml', line: 4, message: 'a file holds one automation; another begins here, behind ---' },
  ])
  for (const name of ['One', 'Renamed', 'Renamed again']) {
    await write(root, { 'automations/one.yaml': `version: 1\n${one.replace('One', name)}` })
    await apply(root, id)
  }
  expect((await diff(root, id)).changes).toEqual([])
})

test('a workspace that changed since the plan was shown is not touched', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  await write(root, { 'email-templates/hello.yaml': HELLO })
  const shown = await diff(root, id)
  await client.call(createEmailTemplateRoute, { body: { name: 'Hello', subject: 'Other', html: 'Other' } })
  const folder = await readFolder(root)
  await expect(applyFiles(t.services, by(id), folder, { prune: false, shown })).rejects.toThrow(/changed since/)
})

test('templates may swap their names, hand one on, or take that of one that goes', async () => {
  const { id, client } = await workspace()
  const root = await emptyFolder()
  const named = (key: string, name: string) => ({
    [`email-templates/${key}.yaml`]: `key: ${key}\nname: ${name}\nsubject: ${key}\nhtml: <p>${key}</p>\n`,
  })
  const names = async () =>
    (await client.call(listEmailTemplatesRoute)).data
      .map(({ name, subject }) => `${subject}: ${name}`)
      .toSorted((a, b) => a.localeCompare(b))
  await write(root, { ...named('a', 'One'), ...named('b', 'Two'), ...named('c', 'Three') })
  await apply(root, id)
  await write(root, { ...named('a', 'Two'), ...named('b', 'One') })
  await apply(root, id)
  expect(await names()).toEqual(['a: Two', 'b: One', 'c: Three'])
  await write(root, { ...named('a', 'One'), ...named('b', 'Four'), ...named('d', 'Two') })
  await apply(root, id)
  expect(await names()).toEqual(['a: One', 'b: Four', 'c: Three', 'd: Two'])
  await rm(join(root, 'email-templates/c.yaml'))
  await write(root, named('e', 'Three'))
  const { problems } = await diff(root, id)
  expect(problems).toEqual([
    { file: 'email-templates/e.yaml', line: 2, message: 'the e-mail template c has the name "Three", too' },
  ])
  await apply(root, id, true)
  expect(await names()).toEqual(['a: One', 'b: Four', 'd: Two', 'e: Three'])
  expect((await diff(root, id)).changes).toEqual([])
})
