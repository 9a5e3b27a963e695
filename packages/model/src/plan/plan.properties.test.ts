import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Action } from '../automation.ts'
import { publicId } from '../ids.ts'
import { objectFromTemplate, STANDARD_OBJECTS } from '../object.ts'
import { validateAutomation } from '../validate.ts'
import type { Command, StepOutcome } from './command.ts'
import { compileAutomation, type CompiledAutomation } from './compile.ts'
import { planNext } from './next.ts'
import { settle } from './settle.ts'
import { currentError, type FailedStep, initialState, type RunState } from './state.ts'
import { type RecordView, recordView, type RunView } from './view.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))
const NOW = '2026-11-23T10:00:00.000Z'
const idOf = (n: number) => publicId('record', `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`)
const RECORD = idOf(1)

const text = fc.constantFrom('{{record.name}}', '{{now}}', 'plain', '{{record.score}} of {{automation.name}}')

/** Any way of writing the actions that the validation accepts; loops of at most three items, three levels deep. */
const { actions, some } = fc.letrec<{ actions: unknown[]; some: unknown[]; onError: unknown; action: unknown }>(
  (tie) => ({
    actions: fc.array(tie('action'), { maxLength: 3 }),
    some: fc.array(tie('action'), { minLength: 1, maxLength: 2 }),
    onError: fc.oneof(
      { maxDepth: 3, depthSize: 'medium', depthIdentifier: 'actions' },
      fc.constantFrom('stop', 'continue'),
      fc.record({ actions: tie('some') }),
    ),
    action: fc.oneof(
      { maxDepth: 3, depthSize: 'medium', depthIdentifier: 'actions' },
      fc.record({
        type: fc.constantFrom('update_record'),
        config: fc.record({ fields: fc.record({ notes: text, score: fc.constant('{{record.score + 1}}') }) }),
        on_error: tie('onError'),
      }),
      fc.record({
        type: fc.constant('create_record'),
        config: fc.record({ object_definition_id: fc.constant('tasks'), data: fc.record({ title: text }) }),
        on_error: tie('onError'),
      }),
      fc.record({
        type: fc.constant('webhook'),
        config: fc.record({ url: fc.constant('https://x.org'), body: fc.record({ a: text, b: fc.tuple(text, text) }) }),
        on_error: tie('onError'),
      }),
      fc.record({
        type: fc.constant('send_email'),
        config: fc.record({ to: fc.constantFrom('a@x.org', 'a@x.org, b@x.org'), subject: text, body: text }),
        on_error: tie('onError'),
      }),
      fc.constantFrom(
        { type: 'find_records', object: 'leads', limit: 3 },
        { type: 'delete_record', on_error: 'continue' },
        { type: 'delete_record', record_id: idOf(2) },
        { type: 'wait', duration: 1, unit: 'day' },
        { type: 'stop', reason: 'enough' },
      ),
      fc.record({
        type: fc.constant('branch'),
        conditions: fc.tuple(
          fc.record({
            if: fc.record({
              field: fc.constantFrom('status', 'name'),
              operator: fc.constantFrom('equals', 'is_empty'),
              value: fc.constantFrom('new', '{{record.name}}'),
            }),
            // biome-ignore lint/suspicious/noThenProperty: the document's own word
            then: tie('actions'),
          }),
          fc.record({ else: tie('actions') }),
        ),
      }),
      fc.record({
        type: fc.constant('for_each'),
        items: fc.constantFrom('[1, 2, 3]', "{{split(record.name, 'd')}}", '{{record.name}}', '[]'),
        actions: tie('actions'),
        on_error: tie('onError'),
      }),
    ),
  }),
)

const automationOf = (parts: fc.Arbitrary<unknown[][]>): fc.Arbitrary<CompiledAutomation> =>
  parts
    .map((lists) =>
      validateAutomation(
        { name: 'A', trigger: { event: 'record.created', object: 'leads' }, actions: lists.flat() },
        { objects, templates: [], secrets: [], now: Date.parse(NOW) },
      ),
    )
    .filter((result) => result.ok)
    .map((result) =>
      compileAutomation(
        { id: RECORD, name: 'A', version: 1, document: result.document },
        { objects, templates: new Map() },
      ),
    )

const automation = automationOf(fc.tuple(actions, actions))

/** Steps that fail, by their place in the order of the run. */
const failing = fc.uniqueArray(fc.nat(12), { maxLength: 3 }).map((places) => new Set(places))

type Done = Exclude<Command, { kind: 'end' } | { kind: 'need' }>

/** A host in memory: it does at once what commands say, and fails those it is told to. */
class Host {
  readonly records = new Map<string, RecordView>()
  private readonly known = new Set<string>()
  private made = 100

  constructor() {
    for (const n of [1, 2, 3]) {
      const data = { name: `Lead ${n} d`, status: 'new', score: n }
      this.records.set(idOf(n), recordView({ id: idOf(n), data, createdAt: null, updatedAt: null, createdBy: null }))
    }
  }

  view(): RunView {
    const after = this.records.get(RECORD) ?? null
    return frozen({
      now: NOW,
      today: '2026-11-23',
      recordId: RECORD,
      object: 'leads',
      event: { id: 'evt_1', type: 'record.created', at: NOW },
      after,
      previous: {},
      changes: null,
      webhook: null,
      user: null,
      run: { id: 'run_1', mode: 'live' },
      automation: { id: 'auto_1', name: 'A' },
      lookup: (id: string) => (this.known.has(id) ? frozen(this.records.get(id) ?? null) : undefined),
    })
  }

  read(ids: readonly string[]): void {
    for (const id of ids) {
      // asked for what it was given: it would ask for ever
      if (this.known.has(id)) throw new Error(`${id} was asked for twice`)
      this.known.add(id)
    }
  }

  do(command: Done): StepOutcome {
    const done = (output: unknown): StepOutcome => ({ status: 'succeeded', output })
    switch (command.kind) {
      case 'settled':
        return command.outcome
      case 'create': {
        const id = idOf(this.made++)
        const made = recordView({ id, data: command.values, createdAt: null, updatedAt: null, createdBy: null })
        this.records.set(id, made)
        this.known.add(id)
        return done(made)
      }
      case 'update': {
        const found = this.records.get(command.recordId)
        if (found === undefined) return failure('RECORD_NOT_FOUND')
        this.records.set(command.recordId, { ...found, ...command.values })
        return done({ id: command.recordId })
      }
      case 'delete':
        return this.records.delete(command.recordId) ? done({ id: command.recordId }) : failure('RECORD_NOT_FOUND')
      case 'find': {
        const found = [...this.records.values()].slice(0, command.limit)
        return done({ records: found, count: found.length, first: found[0] ?? null })
      }
      case 'wait':
        return done({ until: command.until })
      case 'effect':
        return done({ status: 200 })
    }
  }
}

const failure = (code: 'NETWORK' | 'RECORD_NOT_FOUND'): StepOutcome => ({
  status: 'failed',
  output: null,
  error: { code, message: 'it failed' },
})

/** So that whoever changes what was only lent to read is found out. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(frozen)
  }
  return value
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

interface Told {
  commands: Done[]
  end: 'ended' | 'failed' | 'stopped'
  state: RunState
  last: Done | null
  failed?: FailedStep
}

/** Runs to the end; `between` may replace the state before each command, as a database does. */
function runThrough(compiled: CompiledAutomation, fails: Set<number>, between = (state: RunState) => state): Told {
  const host = new Host()
  const commands: Done[] = []
  let state = initialState()
  for (;;) {
    state = between(state)
    const command = planNext(compiled, state, host.view())
    if (command.kind === 'end') return { commands, end: 'ended', state, last: commands.at(-1) ?? null }
    if (command.kind === 'need') {
      host.read(command.ids)
      continue
    }
    if (commands.length > mostCommands(compiled.document.actions)) throw new Error('it does not end')
    const outcome = fails.has(commands.length) && command.kind !== 'settled' ? failure('NETWORK') : host.do(command)
    commands.push(copy(command))
    const next = settle(compiled, state, command, outcome)
    if (typeof next === 'object') return { commands, end: 'failed', state, last: command, failed: next.failed }
    if (next === 'stopped') return { commands, end: 'stopped', state, last: command }
  }
}

/** The most steps a list of actions can make, its loops turning three times. */
function mostCommands(list: readonly Action[]): number {
  let most = 0
  for (const { type, config, on_error: onError } of list) {
    most += 1
    if (typeof onError === 'object') most += mostCommands(onError.actions)
    if (type === 'for_each') most += 3 * mostCommands(config.actions as Action[])
    if (type === 'branch') {
      const arms = config.conditions as { then?: Action[]; else?: Action[] }[]
      most += Math.max(...arms.map((arm) => mostCommands(arm.then ?? arm.else ?? [])))
    }
  }
  return most
}

describe('planning', () => {
  test('is pure: the same version, state and view give the same command, and neither is changed', () => {
    let asked = 0
    fc.assert(
      fc.property(automation, failing, (compiled, fails) => {
        runThrough(compiled, fails, (state) => {
          const view = new Host().view()
          const stored = copy(state)
          const first = planNext(compiled, state, view)
          expect(planNext(compiled, state, view)).toEqual(first)
          expect(planNext(compiled, stored, view)).toEqual(first)
          expect(state.outputs).toEqual(stored.outputs)
          asked += 1
          return state
        })
      }),
      { numRuns: 300 },
    )
    expect(asked).toBeGreaterThan(1_000)
  })

  test('ends after as many commands as the document can make, whatever fails', () => {
    const ends = new Set<string>()
    fc.assert(
      fc.property(automation, failing, (compiled, fails) => {
        const { commands, end } = runThrough(compiled, fails)
        expect(commands.length).toBeLessThanOrEqual(mostCommands(compiled.document.actions))
        ends.add(end)
      }),
      { numRuns: 500 },
    )
    expect([...ends].toSorted()).toEqual(['ended', 'failed', 'stopped'])
  })

  test('goes on the same after each step when the state went through a database', () => {
    let longest = 0
    fc.assert(
      fc.property(automation, failing, (compiled, fails) => {
        const kept = runThrough(compiled, fails)
        const stored = runThrough(compiled, fails, copy)
        expect(stored.commands).toEqual(kept.commands)
        expect(stored.end).toBe(kept.end)
        longest = Math.max(longest, kept.commands.length)
      }),
      { numRuns: 300 },
    )
    expect(longest).toBeGreaterThan(8)
  })

  test('names each step by its place in the document, the steps of one list in its order', () => {
    fc.assert(
      fc.property(automation, failing, (compiled, fails) => {
        const { commands } = runThrough(compiled, fails)
        const top = commands.map(({ draft }) => draft.path).filter((path) => /^actions\/\d+$/.test(path))
        expect(top).toEqual(top.map((_, index) => `actions/${index}`))
        for (const { draft } of commands) {
          const list = draft.path.slice(0, draft.path.lastIndexOf('/'))
          const place = Number(draft.path.slice(list.length + 1))
          expect(compiled.lists.get(list)?.[place]?.key).toBe(draft.key)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('settling', () => {
  test('never moves a failed run: its retry begins at the failed step', () => {
    let failed = 0
    fc.assert(
      fc.property(automation, failing, (compiled, fails) => {
        const { end, state, failed: error } = runThrough(compiled, fails)
        if (end !== 'failed') return
        failed += 1
        const host = new Host()
        let again = planNext(compiled, copy(state), host.view())
        while (again.kind === 'need') {
          host.read(again.ids)
          again = planNext(compiled, copy(state), host.view())
        }
        expect(again).toMatchObject({ draft: { key: error!.step_key } })
      }),
      { numRuns: 500 },
    )
    expect(failed).toBeGreaterThan(50)
  })

  test('goes past a failed step that may fail, leads into its error path, and ends at one that may not', () => {
    let past = 0
    let paths = 0
    fc.assert(
      fc.property(automation, failing, (compiled, fails) => {
        const { commands, end, failed } = runThrough(compiled, fails)
        for (const [index, command] of commands.entries()) {
          const bad = command.kind === 'settled' ? command.outcome.status === 'failed' : fails.has(index)
          if (!bad) continue
          const { key, path } = command.draft
          const { action } = [...compiled.lists.values()].flat().find((one) => one.path === path)!
          if (action.on_error === 'continue') past += 1
          else if (typeof action.on_error === 'object') {
            paths += 1
            expect(commands[index + 1]!.draft.path).toBe(`${path}/on_error/0`)
          } else expect([index, end, failed?.step_key]).toEqual([commands.length - 1, 'failed', key])
        }
      }),
      { numRuns: 500 },
    )
    expect(past).toBeGreaterThan(50)
    expect(paths).toBeGreaterThan(50)
  })

  /** Its first step has an error path with a stop: seldom enough that chance alone would not bring it about. */
  const stopsInPath = automationOf(
    fc.tuple(some, some, actions).map(([before, behind, rest]) => {
      const path = { actions: [...before, { type: 'stop', reason: 'enough' }, ...behind] }
      return [[{ type: 'webhook', config: { url: 'https://x.org' }, on_error: path }], rest]
    }),
  )
  const firstFails = failing.map((places) => places.add(0))

  test('a stop in an error path ends the run as failed, with what failed first', () => {
    let stopped = 0
    const given = fc.oneof(fc.tuple(automation, failing), fc.tuple(stopsInPath, firstFails))
    fc.assert(
      fc.property(given, ([compiled, fails]) => {
        const { commands, end, failed, state } = runThrough(compiled, fails)
        const last = commands.at(-1)
        if (last?.kind !== 'settled' || last.stop !== true) return
        const [outermost, ...inside] = last.draft.path.split('/on_error/')
        if (inside.length === 0) expect(end).toBe('stopped')
        else {
          stopped += 1
          const first = commands.findLast(({ draft }) => draft.path === outermost)!
          expect([end, failed?.step_key]).toEqual(['failed', first.draft.key])
          expect(currentError(state)).toBeNull()
        }
      }),
      { numRuns: 1000 },
    )
    expect(stopped).toBeGreaterThan(50)
  })
})
