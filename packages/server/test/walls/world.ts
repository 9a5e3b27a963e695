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
import type { TestApp } from '../app.ts'

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
  object: 'obj_absent',
  field: `fld_${'0'.repeat(31)}a`,
  import: `imp_${'0'.repeat(31)}a`,
  email: `mail_${'0'.repeat(31)}a`,
  event: `evt_${'0'.repeat(31)}a`,
  secret: 'absent',
  invitation: 'absent@example.org',
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
  const automation = await client.call(createAutomationRoute, {
    body: {
      name: `Automation ${canary}`,
      status: 'active',
      trigger: { event: 'record.created', object: 'leads' },
      actions: [{ key: 'note', type: 'update_record', config: { fields: { notes: canary } } }],
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
  const automationId = bare(automation.id)
  const run = async (kind: 'done' | 'failed' | 'live') => {
    const id = uuid()
    await t.pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at,
         finished_at, conditions, trigger, steps, error, chain_id, depth, path, lane, due_at, rev, attempt, lost, wait_reason,
         state, step_chunks, tries)
       values ($1, $2, $3, $4, 1, $5, 'live', $6, $7, now(), $8, '[]', $9, $10, $11, $12, 1, '[]', 1, $13, 1, 0, 0, $14,
         $15, 0, 0)`,
      [
        kind,
        workspaceId,
        id,
        automationId,
        { done: 'succeeded', failed: 'failed', live: 'waiting' }[kind],
        event.id,
        event.record_id,
        kind === 'live' ? null : new Date(),
        JSON.stringify({ event: 'record.created', source: 'api', actor: null, object: 'leads' }),
        '[]',
        kind === 'failed' ? JSON.stringify({ code: 'HTTP_500', message: canary, step_key: 'note' }) : null,
        event.chain_id,
        kind === 'live' ? new Date(Date.now() + 86_400_000) : null,
        kind === 'live' ? 'wait' : null,
        kind === 'done' ? null : JSON.stringify({ position: [0], outputs: {} }),
      ],
    )
    return publicId('run', id)
  }
  const [succeeded, failed, waiting] = [await run('done'), await run('failed'), await run('live')]
  const importId = uuid()
  await t.pool.query(
    `insert into imports (workspace_id, id, object, status, file, options) values ($1, $2, 'leads', 'queued', $3, '{}')`,
    [workspaceId, importId, `${canary}.csv`],
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
