import { getRunRoute, resumeRunRoute, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await createTestEngine()
})
afterAll(() => engine.stop())

const created = { event: 'record.created', object: 'leads' }
const won = { event: 'field.changed', field: 'status', to: 'converted', timeout: { duration: 30, unit: 'days' } }
const exit = { match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'converted' }] }
const threeDays = { type: 'wait' as const, config: { duration: 3, unit: 'days' } }
const note = (text: string) => ({ type: 'update_record' as const, config: { fields: { notes: text } } })

let number = 0
/** An automation of its own lead: others of this file listen to other names. */
async function start(input: { exit?: object; serial?: boolean; actions: object[] }) {
  const name = `Lead ${++number}`
  const automation = await engine.automation({
    trigger: created,
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: name }] },
    ...input,
  } as never)
  const lead = await engine.create('leads', { name })
  return { automation, lead }
}

describe('a wait for an event of the record', () => {
  test('ends with it, and gives what has changed', async () => {
    const { automation, lead } = await start({
      actions: [
        { type: 'wait', key: 'answer', config: won },
        note('{{steps.answer.event}} {{steps.answer.changes.status.from}} {{steps.answer.timed_out}}'),
      ],
    })
    const waiting = await engine.standing(automation, 'event')
    expect(waiting).toMatchObject({ status: 'waiting', steps: [{ status: 'waiting', resume_at: expect.any(String) }] })
    await engine.update(lead, { phone: '12' })
    await engine.update(lead, { status: 'contacted' })
    await engine.quiet()
    expect(await engine.standing(automation, 'event')).toMatchObject({ rev: waiting.rev })
    await engine.update(lead, { status: 'converted' })
    const run = await engine.run(automation)
    expect(run).toMatchObject({
      status: 'succeeded',
      steps: [
        {
          status: 'succeeded',
          output: {
            event: 'field.changed',
            event_id: expect.stringMatching(/^evt_/),
            changes: { status: { from: 'contacted', to: 'converted' } },
            timed_out: false,
          },
        },
        { status: 'succeeded' },
      ],
    })
    expect(await engine.values(lead)).toMatchObject({ notes: 'field.changed contacted false' })
  })

  test('an event that also starts an automation does both', async () => {
    const { automation, lead } = await start({ actions: [{ type: 'wait', config: won }] })
    const other = await engine.automation({
      trigger: { event: 'field.changed', object: 'leads', field: 'status' },
      actions: [{ type: 'stop', config: {} }],
    })
    await engine.standing(automation, 'event')
    await engine.update(lead, { status: 'converted' })
    expect((await engine.run(automation)).status).toBe('succeeded')
    expect((await engine.run(other)).trigger.record_id).toBe(lead)
  })

  test('what happened before the wait began does not end it, not even in the same batch', async () => {
    const { automation, lead } = await start({
      actions: [
        { type: 'update_record', config: { fields: { status: 'converted' } } },
        { type: 'wait', config: won },
      ],
    })
    const { rev } = await engine.standing(automation, 'event')
    await engine.quiet()
    expect(await engine.standing(automation, 'event')).toMatchObject({ rev })
    await engine.update(lead, { status: 'new' })
    await engine.update(lead, { status: 'converted' })
    expect((await engine.run(automation)).status).toBe('succeeded')
  })

  test('another run’s write in the very batch in which it begins ends it', async () => {
    // nobody listens to changes of companies
    const trigger = { event: 'record.created', object: 'companies' }
    const awaits = { event: 'field.changed', field: 'industry', timeout: { duration: 30, unit: 'days' } }
    const waits = await engine.automation({ trigger, actions: [{ type: 'wait', config: awaits }] })
    await engine.automation({
      trigger,
      // a search writes what there is so far, before the waiting run is saved
      actions: [
        { type: 'update_record', config: { fields: { industry: 'Steel' } } },
        { type: 'find_records', config: { object: 'companies' } },
      ],
    })
    await engine.create('companies', { name: 'Acme' })
    expect((await engine.run(waits)).steps[0]!.output).toMatchObject({ event: 'field.changed' })
  })

  test.each([
    ['continue', 'succeeded', { status: 'succeeded', output: { event: 'timeout', timed_out: true } }, 'went on'],
    ['stop', 'succeeded', { status: 'succeeded', output: { event: 'timeout', timed_out: true } }, null],
    ['fail', 'failed', { status: 'failed', error: expect.objectContaining({ code: 'WAIT_TIMEOUT' }) }, null],
  ])('when it does not come in time, the run does as on_timeout says: %s', async (onTimeout, status, step, notes) => {
    const { automation, lead } = await start({
      actions: [{ type: 'wait', config: { ...won, on_timeout: onTimeout } }, note('went on')],
    })
    const { id } = await engine.standing(automation, 'event')
    await timeOut(id)
    expect(await engine.run(automation)).toMatchObject({
      status,
      steps: expect.arrayContaining([expect.objectContaining(step)]),
    })
    expect(await engine.values(lead)).toMatchObject({ notes })
  })

  test('ended by hand it is neither the event nor the time-out', async () => {
    const { automation } = await start({ actions: [{ type: 'wait', config: { ...won, on_timeout: 'fail' } }] })
    const { id } = await engine.standing(automation, 'event')
    await engine.client.call(resumeRunRoute, { params: { id: `run_${id.replaceAll('-', '')}` } })
    expect((await engine.run(automation)).steps[0]).toMatchObject({ output: { event: 'resumed', timed_out: false } })
  })

  test('a deletion can be waited for', async () => {
    const { automation, lead } = await start({
      actions: [{ type: 'wait', config: { event: 'record.deleted', timeout: { duration: 1, unit: 'day' } } }],
    })
    await engine.standing(automation, 'event')
    await engine.remove(lead)
    expect((await engine.run(automation)).steps[0]).toMatchObject({ output: { event: 'record.deleted' } })
  })

  test('what was written before the time-out goes first, also while another relay has it in hand', async () => {
    const { automation, lead } = await start({ actions: [{ type: 'wait', config: won }] })
    const { id } = await engine.standing(automation, 'event')
    await engine.quiet()
    const relay = await engine.pool.connect()
    try {
      await engine.pool.query(
        `insert into holds (workspace_id, at, reason) select id, clock_timestamp(), 'operator' from workspaces`,
      )
      await engine.update(lead, { status: 'converted' })
      await timeOut(id)
      await relay.query('begin; select from outbox for update')
      const before = (await engine.live(automation))[0]!.rev
      await engine.pool.query('delete from holds')
      engine.services.wake()
      // the run was looked at, and left; each look rewrites its row, so they become rarer
      await until(async () => (await engine.live(automation))[0]!.rev > before)
      await until(async () => {
        const { rows } = await engine.pool.query(
          `select (state ->> 'misses')::int as misses from runs_live where id = $1`,
          [id],
        )
        return rows[0]!.misses >= 5
      })
      await relay.query('commit')
    } finally {
      relay.release()
    }
    expect((await engine.run(automation)).steps[0]).toMatchObject({ output: { event: 'field.changed' } })
  })

  test('what was written after the time-out comes too late, however long an earlier write is in another’s hands', async () => {
    const { automation, lead } = await start({ actions: [{ type: 'wait', config: won }] })
    const { id } = await engine.standing(automation, 'event')
    await engine.quiet()
    const relay = await engine.pool.connect()
    const lookedAt = async () => {
      const { rev } = (await engine.live(automation))[0]!
      await until(async () => (await engine.live(automation))[0]!.rev > rev + 1)
    }
    try {
      await engine.pool.query(
        `insert into holds (workspace_id, at, reason) select id, clock_timestamp(), 'operator' from workspaces`,
      )
      await engine.update(lead, { phone: '12' })
      await timeOut(id)
      await relay.query('begin; select from outbox for update')
      await engine.pool.query('delete from holds')
      engine.services.wake()
      await lookedAt()
      await engine.update(lead, { status: 'converted' })
      await lookedAt()
      await relay.query('commit')
    } finally {
      relay.release()
    }
    expect((await engine.run(automation)).steps[0]).toMatchObject({ output: { event: 'timeout', timed_out: true } })
  })
})

/** The time-out is now: one moment, in the row as in its state, since what is due before its time was ended by hand. */
async function timeOut(id: string): Promise<void> {
  await engine.pool.query(
    `update runs_live set due_at = now.at, rev = rev + 1, state = jsonb_set(state::jsonb, '{open,command,until}',
       to_jsonb(to_char(now.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))::json
     from (select date_trunc('milliseconds', clock_timestamp()) as at) now where id = $1`,
    [id],
  )
  engine.services.wake()
}

describe('exit conditions', () => {
  test('end a waiting run as soon as they hold, with the reason', async () => {
    const { automation, lead } = await start({ exit, actions: [threeDays, note('too late')] })
    await engine.standing(automation, 'wait')
    await engine.update(lead, { status: 'contacted' })
    await engine.quiet()
    expect((await engine.live(automation))[0]).toMatchObject({ wait_reason: 'wait' })
    await engine.update(lead, { status: 'converted' })
    expect(await engine.run(automation)).toMatchObject({
      status: 'cancelled',
      error: { code: 'EXITED', message: 'The exit conditions hold: status equals converted.' },
      steps: [{ status: 'cancelled' }],
    })
    expect(await engine.values(lead)).toMatchObject({ notes: null })
  })

  test('are judged as a wait begins', async () => {
    const { automation } = await start({
      exit,
      actions: [{ type: 'update_record', config: { fields: { status: 'converted' } } }, threeDays],
    })
    expect(await engine.run(automation)).toMatchObject({
      status: 'cancelled',
      error: { code: 'EXITED' },
      steps: [{ status: 'succeeded' }, { status: 'cancelled' }],
    })
  })

  test('end a run between two attempts', async () => {
    engine.http.next({ kind: 'answer', status: 500 })
    const { automation, lead } = await start({ exit, actions: [{ type: 'webhook', config: { url: engine.http.url } }] })
    await engine.standing(automation, 'retry')
    await engine.update(lead, { status: 'converted' })
    expect(await engine.run(automation)).toMatchObject({ status: 'cancelled', error: { code: 'EXITED' } })
  })

  test('end a run that waits for its turn, and the turn stays with the first', async () => {
    const name = `Lead ${++number}`
    const automation = await engine.automation({
      trigger: { event: 'field.changed', object: 'leads', field: 'phone' },
      conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: name }] },
      serial: true,
      exit: { match: 'all', rules: [{ field: 'status', operator: 'changed_to', value: 'converted' }] },
      actions: [{ type: 'wait', config: { duration: 1, unit: 'day' } }],
    } as never)
    const lead = await engine.create('leads', { name })
    await engine.update(lead, { phone: '11' })
    await engine.update(lead, { phone: '22' })
    await until(async () => (await engine.live(automation)).map((row) => row.wait_reason).join() === 'wait,turn')
    await engine.update(lead, { status: 'converted' })
    const runs = await engine.ended(automation, 2)
    expect(runs.map(({ status, error }) => [status, error?.code])).toEqual([
      ['cancelled', 'EXITED'],
      ['cancelled', 'EXITED'],
    ])
  })

  test('a run whose automation was switched off still ends by them', async () => {
    const { automation, lead } = await start({ exit, actions: [threeDays] })
    await engine.standing(automation, 'wait')
    await engine.request(`/api/automations/${automation}/deactivate`, {
      method: 'POST',
      headers: { 'x-api-key': engine.apiKey },
    })
    await engine.update(lead, { status: 'converted' })
    expect((await engine.run(automation)).error).toMatchObject({ code: 'EXITED' })
  })

  test('a batch that is undone leaves the run waiting and the event to be taken up', async () => {
    const { automation, lead } = await start({ exit, actions: [threeDays] })
    const { id } = await engine.standing(automation, 'wait')
    await engine.pool.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception using errcode = '40001'; end $$;
      create trigger refuse before delete on runs_live for each row when (old.id = '${id}') execute function refuse()`)
    await engine.update(lead, { status: 'converted' })
    await until(async () => engine.logged.length > 0 || (await left()) > 0)
    expect((await engine.live(automation))[0]).toMatchObject({ wait_reason: 'wait' })
    await engine.pool.query('drop trigger refuse on runs_live')
    expect((await engine.run(automation)).error).toMatchObject({ code: 'EXITED' })
    await engine.quiet()
  })

  test('nobody who waits without watching costs a write its outbox row', async () => {
    const automation = await engine.automation({
      trigger: { event: 'manual', object: 'contacts' },
      actions: [threeDays],
    })
    const contact = await engine.create('contacts', { name: 'Ada' })
    await engine.request(`/api/automations/${automation}/run`, {
      method: 'POST',
      headers: { 'x-api-key': engine.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ record_id: contact }),
    })
    await engine.standing(automation, 'wait')
    const { rows } = await engine.pool.query('select watches from runs_live where automation_id = $1', [
      uuidOf('automation', automation),
    ])
    expect(rows).toEqual([{ watches: null }])
  })
})

async function left(): Promise<number> {
  const { rows } = await engine.pool.query<{ left: number }>('select count(*)::int as left from outbox')
  return rows[0]!.left
}

test('two relays, many records and writes at once: each run is woken or ended, and once', async () => {
  const waits = await engine.automation({
    trigger: { event: 'record.created', object: 'contacts' },
    actions: [
      {
        type: 'wait',
        config: { event: 'field.changed', field: 'email', timeout: { duration: 1, unit: 'day' }, on_timeout: 'fail' },
      },
      { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: '{{record.email}}' } } },
    ],
  })
  await engine.addWorker()
  const names = Array.from({ length: 60 }, (_, i) => `contact-${i}`)
  await Promise.all(
    names.map(async (name) => {
      const contact = await engine.create('contacts', { name })
      // some before the wait begins, some as it begins, one after it for certain
      await engine.update(contact, { email: `${name}@a.org` })
      await engine.update(contact, { email: `${name}@b.org` })
      await until(async () => (await one(contact)) !== 'none')
      await engine.update(contact, { email: `${name}@c.org` })
    }),
  )
  const runs = await engine.ended(waits, names.length)
  expect(runs.map(({ status }) => status)).toEqual(names.map(() => 'succeeded'))
  const { rows } = await engine.pool.query<{ n: number }>(
    `select count(*)::int as n from records where object = 'tasks'`,
  )
  expect(rows[0]!.n).toBe(names.length)
})

/** Whether the run of a record waits or is over. */
async function one(record: string): Promise<string> {
  const { rows } = await engine.pool.query<{ status: string }>(
    `select status from runs where record_id = $1 and (class <> 'live' or watches)`,
    [uuidOf('record', record)],
  )
  return rows[0]?.status ?? 'none'
}

test('a run’s page names what it waits for', async () => {
  const { automation } = await start({ actions: [{ type: 'wait', config: won }] })
  const { id } = await engine.standing(automation, 'event')
  const run = await engine.client.call(getRunRoute, { params: { id: `run_${id.replaceAll('-', '')}` } })
  expect(run.steps[0]).toMatchObject({ status: 'waiting', input: { event: 'field.changed', field: 'status' } })
})
