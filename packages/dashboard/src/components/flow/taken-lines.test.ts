import { expect, test } from 'vitest'
import type { FlowLine } from './layout.ts'
import type { NodeOutcome } from './nodes.tsx'
import { takenLines } from './taken-lines.ts'

const good: NodeOutcome = { tone: 'good', label: 'Succeeded' }
const failed: NodeOutcome = { tone: 'bad', label: 'Failed', isLast: true }
const quiet: NodeOutcome = { tone: 'quiet', label: 'Not reached' }

// conditions → b → (x → y | else) → join → z → end
const LINES = [
  'trigger conditions',
  'conditions step:b',
  'step:b arm:b:0',
  'step:b arm:b:1',
  'arm:b:0 step:x',
  'step:x step:y',
  'step:y join:b',
  'arm:b:1 join:b',
  'join:b step:z',
  'step:z end',
].map((id) => {
  const [source, target] = id.split(' ')
  return { id, source, target } as FlowLine
})

function taken(outcomes: Record<string, NodeOutcome>): string[] {
  const all = {
    conditions: { tone: 'good', label: 'Passed' },
    'arm:b:0': good,
    'arm:b:1': { ...quiet, label: 'Not taken' },
  }
  return [...takenLines(LINES, new Map(Object.entries({ ...all, ...outcomes }) as [string, NodeOutcome][]))].map(
    ({ id }) => id,
  )
}

test('a run that went through took every line of its way, and none of the other', () => {
  const all = LINES.map(({ id }) => id)
  expect(taken({ 'step:b': good, 'step:x': good, 'step:y': good, 'step:z': good })).toEqual(
    all.filter((id) => !id.includes('arm:b:1')),
  )
})

test('behind the step at which a run ended no line is taken, nor behind the join of its way', () => {
  expect(taken({ 'step:b': good, 'step:x': good, 'step:y': failed, 'step:z': quiet })).toEqual([
    'trigger conditions',
    'conditions step:b',
    'step:b arm:b:0',
    'arm:b:0 step:x',
    'step:x step:y',
  ])
})

test('a failed step that a run went past is left behind', () => {
  const passed: NodeOutcome = { tone: 'bad', label: 'Failed' }
  expect(taken({ 'step:b': good, 'step:x': good, 'step:y': passed, 'step:z': good })).toContain('join:b step:z')
})

test('a run that followed an error path didn’t go straight on', () => {
  const lines = [
    'step:a arm:a:-1',
    'arm:a:-1 step:p',
    'step:p join:a:error',
    'step:a join:a:error',
    'join:a:error end',
  ].map((id) => {
    const [source, target] = id.split(' ')
    return { id, source, target } as FlowLine
  })
  const took = (outcomes: Record<string, NodeOutcome>) =>
    [...takenLines(lines, new Map(Object.entries(outcomes)))].map(({ id }) => id)
  const passed: NodeOutcome = { tone: 'bad', label: 'Failed' }
  expect(took({ 'step:a': passed, 'arm:a:-1': { tone: 'warn', label: 'Taken' }, 'step:p': good })).toEqual(
    lines.map(({ id }) => id).filter((id) => id !== 'step:a join:a:error'),
  )
  const not: NodeOutcome = { tone: 'quiet', label: 'Not taken' }
  expect(took({ 'step:a': good, 'arm:a:-1': not, 'step:p': quiet })).toEqual([
    'step:a join:a:error',
    'join:a:error end',
  ])
})
