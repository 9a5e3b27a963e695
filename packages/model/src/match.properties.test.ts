import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CrmEvent, EVENT_TYPES } from './event.ts'
import { type Listener, matchEvent } from './match.ts'
import { subjectOf, subjectOfEvent, type Trigger } from './trigger.ts'

const OBJECTS = ['leads', 'deals', 'tasks'] as const
const spelling = fc.constantFrom(...OBJECTS).chain((slug) => fc.constantFrom(slug, `obj_${slug}`, `obj_def_${slug}`))
const VALUES = [null, '', 'Open', 'Won', 5, '5', true, ['a', 'b'], []] as const
const value = fc.constantFrom<unknown>(...VALUES)

const trigger: fc.Arbitrary<Trigger> = fc.oneof(
  fc.record({
    event: fc.constantFrom('record.created' as const, 'record.updated' as const, 'record.deleted' as const),
    object: spelling,
  }),
  fc.record(
    { event: fc.constant('field.changed' as const), object: spelling, field: fc.constantFrom('stage', 'score') },
    { requiredKeys: ['event', 'object', 'field'] },
  ),
  fc.constantFrom<Trigger>(
    { event: 'schedule', cron: '@daily' },
    { event: 'webhook.received' },
    { event: 'manual', object: 'leads' },
  ),
)

const listener: fc.Arbitrary<Listener> = fc.record({
  id: fc.constantFrom('auto-1', 'auto-2'),
  trigger,
  status: fc.constantFrom('active' as const, 'inactive' as const),
  activatedAt: fc.option(fc.integer({ min: 0, max: 4 }).map((hour) => new Date(hour * 3_600_000))),
})

const changes = fc.option(
  fc.dictionary(fc.constantFrom('stage', 'score', 'name'), fc.record({ from: value, to: value }), { minKeys: 1 }),
)

const event: fc.Arbitrary<CrmEvent> = fc
  .record({
    type: fc.constantFrom(...EVENT_TYPES),
    object: fc.constantFrom(...OBJECTS),
    hour: fc.integer({ min: 0, max: 4 }),
    automationId: fc.constantFrom(null, null, 'auto-1', 'auto-2'),
    changes,
  })
  .map(({ type, object, hour, automationId, changes: changed }) => ({
    id: 'evt',
    workspaceId: 'ws',
    type,
    object,
    recordId: 'rec',
    at: new Date(hour * 3_600_000),
    source: 'api',
    actor: null,
    lane: 1,
    automationId,
    changes: type === 'record.updated' ? (changed ?? {}) : null,
    after: {},
    payload: null,
    chain: { id: 'chain', depth: 0, path: [] },
  }))

const changeOf = (from: unknown, to: unknown): CrmEvent => ({
  ...fc.sample(event, 1)[0]!,
  type: 'record.updated',
  object: 'deals',
  automationId: null,
  at: new Date(1_000),
  changes: { stage: { from, to } },
})
const watching = (more: { from?: unknown; to?: unknown }): Listener => ({
  id: 'auto-1',
  trigger: { event: 'field.changed', object: 'obj_def_deals', field: 'stage', ...more } as Trigger,
  status: 'active',
  activatedAt: new Date(0),
})

/** How often each answer was given, so that a law of matches isn't proven on none. */
function tally(): { add(matches: boolean): void; bothSeen(): void } {
  const seen = { true: 0, false: 0 }
  return {
    add: (matches) => {
      seen[`${matches}`] += 1
    },
    bothSeen: () => {
      expect(seen.true).toBeGreaterThan(20)
      expect(seen.false).toBeGreaterThan(20)
    },
  }
}

describe('matching', () => {
  test('says why when it says no, and nothing but no to an inactive automation', () => {
    const answers = tally()
    fc.assert(
      fc.property(event, listener, (happened, candidate) => {
        const match = matchEvent(happened, candidate)
        answers.add(match.matches)
        if (!match.matches) expect(match.why).not.toBe('')
        else expect(candidate.status).toBe('active')
      }),
      { numRuns: 3_000 },
    )
    answers.bothSeen()
  })

  test('does not depend on how the object is spelt', () => {
    const answers = tally()
    fc.assert(
      fc.property(event, listener, (happened, candidate) => {
        const match = matchEvent(happened, candidate)
        answers.add(match.matches)
        if (!('object' in candidate.trigger) || candidate.trigger.object === undefined) return
        const slug = candidate.trigger.object.replace(/^obj_(def_)?/, '')
        for (const object of [slug, `obj_${slug}`, `obj_def_${slug}`]) {
          expect(matchEvent(happened, { ...candidate, trigger: { ...candidate.trigger, object } as Trigger })).toEqual(
            match,
          )
        }
      }),
      { numRuns: 3_000 },
    )
    answers.bothSeen()
  })

  test('once started, an automation goes on starting for the same event when it is activated earlier, never when it is activated later than the event', () => {
    const answers = tally()
    fc.assert(
      fc.property(event, listener, fc.integer({ min: 1, max: 9 }), (happened, candidate, hours) => {
        const { matches } = matchEvent(happened, candidate)
        answers.add(matches)
        if (!matches || happened.type === 'manual') return
        const earlier = new Date(candidate.activatedAt!.getTime() - hours * 3_600_000)
        const later = new Date(happened.at.getTime() + hours)
        expect(matchEvent(happened, { ...candidate, activatedAt: earlier }).matches).toBe(true)
        expect(matchEvent(happened, { ...candidate, activatedAt: later }).matches).toBe(false)
      }),
      { numRuns: 3_000 },
    )
    answers.bothSeen()
  })

  test('an event for one automation starts that one alone', () => {
    const answers = tally()
    fc.assert(
      fc.property(event, listener, (happened, candidate) => {
        fc.pre(happened.automationId !== null)
        const { matches } = matchEvent(happened, candidate)
        answers.add(matches)
        if (!matches) return
        expect(candidate.id).toBe(happened.automationId)
        expect(subjectOf(candidate.trigger)).toBe(subjectOfEvent(happened))
      }),
      { numRuns: 3_000 },
    )
    answers.bothSeen()
  })

  test('an event that was written for an automation starts nothing once that is about something else', () => {
    const start = { ...changeOf('a', 'b'), type: 'manual' as const, automationId: 'auto-1', changes: null }
    const at = (trigger: Trigger): Listener => ({ ...watching({}), trigger })
    expect(matchEvent(start, at({ event: 'record.created', object: 'obj_def_deals' }))).toEqual({ matches: true })
    expect(matchEvent(start, at({ event: 'record.created', object: 'leads' }))).toEqual({
      matches: false,
      why: 'it is about records of leads, and this about records of deals',
    })
    expect(matchEvent(start, at({ event: 'schedule', cron: '@daily' })).matches).toBe(false)
    const call = { ...start, type: 'webhook.received' as const, object: null, recordId: null }
    expect(matchEvent(call, at({ event: 'webhook.received' })).matches).toBe(true)
    expect(matchEvent(call, at({ event: 'schedule', cron: '@daily' })).matches).toBe(false)
  })

  test('another object, or another kind of event, starts nothing', () => {
    const answers = tally()
    fc.assert(
      fc.property(event, listener, (happened, candidate) => {
        fc.pre(happened.automationId === null)
        const { matches } = matchEvent(happened, candidate)
        answers.add(matches)
        if (!matches) return
        const { trigger: listens } = candidate
        expect('object' in listens && listens.object?.endsWith(happened.object!)).toBe(true)
        expect(happened.type).toBe(listens.event === 'field.changed' ? 'record.updated' : listens.event)
      }),
      { numRuns: 6_000 },
    )
    answers.bothSeen()
  })
})

describe('a watched field', () => {
  test('starts on its own change alone: a creation is not a change', () => {
    const answers = tally()
    fc.assert(
      fc.property(event, (happened) => {
        const { matches } = matchEvent({ ...happened, automationId: null }, watching({}))
        answers.add(matches)
        expect(matches).toBe(
          happened.type === 'record.updated' && happened.object === 'deals' && 'stage' in (happened.changes ?? {}),
        )
      }),
      { numRuns: 5_000 },
    )
    answers.bothSeen()
  })

  test('from and to narrow: what starts with both starts with either, and with neither', () => {
    const answers = tally()
    fc.assert(
      fc.property(value, value, value, value, (from, to, wantedFrom, wantedTo) => {
        const happened = changeOf(from, to)
        const starts = (more: { from?: unknown; to?: unknown }) => matchEvent(happened, watching(more)).matches
        const both = starts({ from: wantedFrom, to: wantedTo })
        answers.add(both)
        expect(both).toBe(starts({ from: wantedFrom }) && starts({ to: wantedTo }))
        expect(starts({})).toBe(true)
      }),
      { numRuns: 3_000 },
    )
    answers.bothSeen()
  })

  test('a list in from or to means any of it, and null means empty', () => {
    const answers = tally()
    fc.assert(
      fc.property(value, fc.array(fc.constantFrom<unknown>('Open', 'Won', 5, null), { minLength: 1 }), (to, wanted) => {
        const starts = (one: unknown) => matchEvent(changeOf('x', to), watching({ to: one })).matches
        answers.add(starts(wanted))
        expect(starts(wanted)).toBe(wanted.some((one) => starts(one)))
        expect(starts(null)).toBe(to === null || to === '' || (Array.isArray(to) && to.length === 0))
      }),
      { numRuns: 3_000 },
    )
    answers.bothSeen()
  })
})
