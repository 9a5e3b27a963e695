import {
  createAutomationRoute,
  createObjectRoute,
  createRecordRoute,
  createEmailTemplateRoute,
  inviteUser,
  publicId,
  putSecret,
  type Client,
} from '@kantos/model'
import { insertUser } from '../../src/accounts/users.ts'
import { startWorker } from '../../src/worker.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { until } from '../helpers.ts'

/** The ids of a workspace that has one of everything, or of nothing. */
export interface Ids {
  record: string
  automation: string
  webhookAutomation: string
  webhookToken: string
  run: string
  failedRun: string
  waitingRun: string
  chain: string
  template: string
  user: string
  key: string
  object: string
  field: string
  import: string
  enlistment: string
  email: string
  event: string
  secret: string
  invitation: string
}

export interface World {
  workspaceId: string
  /** a server key of it */
  apiKey: string
  client: Client
  ids: Ids
  /** stands in everything that it holds, and nowhere else */
  canary: string
}

/** Ids as they could be, which nothing has. */
export const ABSENT: Ids = {
  record: `rec_${'0'.repeat(31)}a`,
  automation: `auto_${'0'.repeat(31)}a`,
  webhookAutomation: `auto_${'0'.repeat(31)}b`,
  webhookToken: '0123456789abcdef0123456789abcdef',
  run: `run_${'0'.repeat(31)}a`,
  failedRun: `run_${'0'.repeat(31)}b`,
  waitingRun: `run_${'0'.repeat(31)}c`,
  chain: `chain_${'0'.repeat(31)}a`,
  template: `tmpl_${'0'.repeat(31)}a`,
  user: `user_${'0'.repeat(31)}a`,
  key: `key_${'0'.repeat(31)}a`,
  object: 'obj_things_absentcanary',
  field: `fld_${'0'.repeat(31)}a`,
  import: `imp_${'0'.repeat(31)}a`,
  enlistment: `enl_${'0'.repeat(31)}a`,
  email: `mail_${'0'.repeat(31)}a`,
  event: `evt_${'0'.repeat(31)}a`,
  secret: 'secret_absentcanary',
  invitation: 'invited-absentcanary@example.org',
}

/** Both sides of the wall: an installation with two workspaces that each have one of everything. */
export interface BothSides {
  t: TestApp
  own: World
  foreign: World
}

/** Makes them; whoever asks is on the `own` side. */
export async function createBothSides(): Promise<BothSides> {
  const t = await createTestApp()
  return {
    t,
    own: await furnish(t, { id: t.workspaceId, key: t.apiKey }, 'OWNCANARY'),
    foreign: await furnish(t, await t.newWorkspace('Foreign'), 'FOREIGNCANARY'),
  }
}

/** Puts one of everything into a workspace. */
export async function furnish(
  t: TestApp,
  { id: workspaceId, key: apiKey }: { id: string; key: string },
  canary: string,
): Promise<World> {
  const client = t.clientOf(apiKey)
  const uuid = () => t.services.time.id()
  const lower = canary.toLowerCase()
  const object = await client.call(createObjectRoute, {
    body: {
      name: `Things ${canary}`,
      slug: `things_${lower}`,
      fields: [{ name: `Title ${canary}`, slug: 'title', type: 'text' }],
    },
  })
  await client.call(createRecordRoute, { body: { object_id: object.id, field_values: { title: canary } } })
  const template = await client.call(createEmailTemplateRoute, {
    body: { name: `Template ${canary}`, subject: `Hello ${canary}`, html: `<p>${canary}</p>` },
  })
  await client.call(putSecret, { params: { name: `secret_${lower}` }, body: { value: canary } })
  const onLead = (name: string, action: object) =>
    client.call(createAutomationRoute, {
      body: {
        name: `${name} ${canary}`,
        status: 'active',
        trigger: { event: 'record.created', object: 'leads' },
        actions: [action],
      } as never,
    })
  const automation = await onLead('Notes', { type: 'update_record', config: { fields: { notes: canary } } })
  const fails = await onLead('Fails', {
    type: 'update_record',
    config: { fields: { email: `{{record.notes}} ${canary}` } },
  })
  const waits = await onLead('Waits', { type: 'wait', config: { duration: 1, unit: 'weeks' } })
  await client.call(createAutomationRoute, {
    body: {
      name: `Things ${canary}`,
      trigger: { event: 'record.created', object: object.id },
      actions: [{ type: 'stop', config: {} }],
    } as never,
  })
  const webhook = await client.call(createAutomationRoute, {
    body: {
      name: `Inbound ${canary}`,
      status: 'active',
      trigger: { event: 'webhook.received' },
      actions: [{ type: 'create_record', config: { object_definition_id: 'leads', data: { name: canary } } }],
    } as never,
  })
  const lead = await client.call(createRecordRoute, {
    body: {
      object_id: 'leads',
      field_values: { name: `Lead ${canary}`, email: `${lower}@example.org`, notes: canary },
    },
  })
  await client.call(inviteUser, { body: { email: `invited-${lower}@example.org`, role: 'viewer' } })
  const userId = await insertUser(t.pool, workspaceId, {
    name: `User ${canary}`,
    email: `user-${lower}@example.org`,
    role: 'viewer',
    passwordHash: 'none',
  })
  const { id: keyId } = await t.newKey('server', workspaceId)
  const { rows: events } = await t.pool.query<{ id: string; record_id: string; chain_id: string }>(
    `select id, record_id, chain_id from events where workspace_id = $1 and object = 'leads' order by id desc limit 1`,
    [workspaceId],
  )
  const event = events[0]!
  const worker = await startWorker(t.services)
  const runOf = (automation: string, status: string) =>
    until(async () => {
      const { rows } = await t.pool.query<{ id: string }>(
        'select id from runs where workspace_id = $1 and automation_id = $2 and status = $3',
        [workspaceId, bare(automation), status],
      )
      return rows[0] === undefined ? null : publicId('run', rows[0].id)
    })
  const succeeded = await runOf(automation.id, 'succeeded')
  const failed = await runOf(fails.id, 'failed')
  const waiting = await runOf(waits.id, 'waiting')
  await worker.stop(2_000)
  const importId = uuid()
  await t.pool.query(
    `insert into imports (workspace_id, id, object, status, file, options) values ($1, $2, 'leads', 'queued', $3, '{}')`,
    [workspaceId, importId, `${canary}.csv`],
  )
  const enlistmentId = uuid()
  await t.pool.query(
    `insert into enlistments (workspace_id, id, automation_id, object, filters, status, next_at)
     values ($1, $2, $3, 'leads', $4, 'running', '2100-01-01')`,
    [workspaceId, enlistmentId, bare(automation.id), { company: canary }],
  )
  const emailId = uuid()
  await t.pool.query(
    `insert into captured_emails (workspace_id, id, message_id, sender, recipients, subject, run_id)
     values ($1, $2, $3, 'a@example.org', '{"to": []}', $4, $5)`,
    [workspaceId, emailId, `<${lower}@example.org>`, `Mail ${canary}`, bare(succeeded)],
  )
  const token = webhook.webhook!.token!
  return {
    workspaceId,
    apiKey,
    client,
    canary,
    ids: {
      record: lead.id,
      automation: automation.id,
      webhookAutomation: webhook.id,
      webhookToken: token,
      run: succeeded,
      failedRun: failed,
      waitingRun: waiting,
      chain: publicId('chain', event.chain_id),
      template: template.id,
      user: publicId('user', userId),
      key: publicId('key', keyId),
      object: object.id,
      field: object.fields[0]!.id,
      import: publicId('import', importId),
      enlistment: publicId('enlistment', enlistmentId),
      email: publicId('email', emailId),
      event: publicId('event', event.id),
      secret: `secret_${lower}`,
      invitation: `invited-${lower}@example.org`,
    },
  }
}

function bare(id: string): string {
  return id.slice(id.indexOf('_') + 1)
}
