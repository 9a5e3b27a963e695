import { expect, test } from 'vitest'
import type { Action } from '../automation.ts'
import type { Group } from '../conditions/index.ts'
import { type Comparable, compareAutomations } from './index.ts'

const rule = (field: string, operator: string, value?: unknown) => ({ field, operator, value }) as Group['rules'][0]
const mail = (key: string, config = {}, rest = {}): Action => ({ key, type: 'send_email', config, ...rest })
const base: Comparable = {
  name: 'Big deals',
  trigger: { event: 'field.changed', object: 'obj_def_deals', field: 'stage', to: 'Won' },
  conditions: { match: 'all', rules: [rule('stage', 'equals', 'Won'), rule('amount', 'greater_than', 100)] },
  actions: [
    mail('hello', { to: 'a@example.org' }, { name: 'Welcome' }),
    { key: 'pause', type: 'wait', config: { duration: 3, unit: 'days' } },
    {
      key: 'fork',
      type: 'branch',
      config: { conditions: [{ if: rule('score', 'greater_than', 5), then: [mail('hot')] }, { else: [mail('cold')] }] },
    },
  ],
}
const changed = (change: (document: Comparable) => void) => {
  const after = structuredClone(base)
  change(after)
  return compareAutomations(base, after)
}
const words = (change: (document: Comparable) => void) => changed(change).words
const arms = (document: Comparable) => document.actions[2]!.config.conditions as { if?: unknown; then?: Action[] }[]

test('what is the same differs in nothing', () => {
  expect(compareAutomations(base, structuredClone(base))).toEqual({ words: [], changes: [] })
})

test('what says the same otherwise differs in nothing', () => {
  expect(changed((d) => (d.serial = false))).toEqual({ words: [], changes: [] })
})

test('a date’s trigger is told in words', () => {
  const before = { event: 'date.reached', object: 'deals', field: 'close_date' } as const
  const after = { ...before, offset: { amount: -3, unit: 'days' }, at: '10:00', yearly: true } as const
  expect(compareAutomations({ ...base, trigger: before }, { ...base, trigger: after }).words).toEqual([
    'Trigger: “close_date is reached in deals” became “it is 3 days before close_date in deals, at 10:00, every year”',
  ])
})

test('a condition that changed, came or went is named by its number', () => {
  expect(changed((d) => (d.conditions.rules[1] = rule('amount', 'greater_than', 250)))).toEqual({
    words: ['Condition 2: “amount is more than 100” became “amount is more than 250”'],
    changes: [
      {
        kind: 'changed',
        path: '/conditions/rules/1',
        from: rule('amount', 'greater_than', 100),
        to: rule('amount', 'greater_than', 250),
      },
    ],
  })
  expect(words((d) => d.conditions.rules.unshift(rule('owner', 'is_empty')))).toEqual([
    'Condition 1 “owner is empty” was added',
  ])
  expect(words((d) => d.conditions.rules.shift())).toEqual(['Condition 1 “stage is Won” was removed'])
  expect(words((d) => (d.conditions.match = 'any'))).toEqual(['Conditions: “all must hold” became “any may hold”'])
})

test('steps that came, went, moved or changed are told apart by their keys', () => {
  expect(words((d) => d.actions.shift())).toEqual(['Step Send Email “Welcome” was removed'])
  expect(words((d) => d.actions.push(mail('last')))).toEqual(['Step Send Email “last” was added'])
  expect(words((d) => d.actions.push(d.actions.shift()!))).toEqual([
    'Step Send Email “Welcome” was moved behind “fork”',
  ])
  expect(words((d) => (d.actions[0]!.config.to = 'b@example.org'))).toEqual([
    'Step Send Email “Welcome”: to “a@example.org” became “b@example.org”',
  ])
  expect(words((d) => (d.actions[1]!.config.duration = 5))).toEqual([
    'Step Wait / Delay “pause”: duration “3” became “5”',
  ])
  expect(words((d) => (d.actions[0] = { key: 'hello', type: 'stop', config: {} }))).toEqual([
    'Step Send Email “Welcome” was removed',
    'Step Stop “hello” was added',
  ])
})

test('branches are compared way by way, and what moves into one is said', () => {
  expect(words((d) => (arms(d)[0]!.if = rule('score', 'greater_than', 9)))).toEqual([
    'Step Conditional Branch “fork”: way 1: condition 1: “score is more than 5” became “score is more than 9”',
  ])
  expect(words((d) => arms(d)[0]!.then!.push(d.actions.shift()!))).toEqual([
    'Step Send Email “Welcome” was moved into way 1 of “fork” behind “hot”',
  ])
  expect(words((d) => arms(d).pop())).toEqual([
    'Step Conditional Branch “fork”: way 2 was removed',
    'Step Send Email “cold” was removed',
  ])
})

test('name, trigger, enrolment, imports, order, exit and error paths are said in words', () => {
  expect(
    words((d) => {
      d.name = 'Huge deals'
      d.trigger = { event: 'record.created', object: 'deals' }
      d.enrolment = { once_per: { days: 30 } }
      d.on_import = 'skip'
      d.serial = true
      d.exit = { match: 'any', rules: [rule('stage', 'equals', 'Lost')] }
      d.actions[0]!.on_error = { actions: [mail('alarm')] }
    }),
  ).toEqual([
    'Name: “Big deals” became “Huge deals”',
    'Trigger: “stage changes to Won in deals” became “a record is created in deals”',
    'Enrolment: “every time” became “once in 30 days”',
    'Imports: “start it” became “start nothing”',
    'Runs of a record: “side by side” became “one after another”',
    'Exit condition 1 “stage is Lost” was added',
    'Step Send Email “Welcome”: on failure “stop” became “run other steps”',
    'Step Send Email “alarm” was added into the error path of “Welcome”',
  ])
})
