import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom } from '../chaos/random.ts'
import { interleave, type Interleaved, orders } from './interleave.ts'
import { createOneRunRig, type OneRunRig, type Operation, type Standing } from './one-run.ts'

// INTERLEAVINGS=all goes through every order of three; without it each pair goes in all its orders, and of the triples a sample does
const ALL = process.env.INTERLEAVINGS === 'all'
const SAMPLE = 20
/** all of them take hours on a busy machine */
const WITHIN_MS = ALL ? 14_400_000 : 1_800_000

let rig: OneRunRig
beforeAll(async () => {
  rig = await createOneRunRig()
})
afterAll(() => rig.drop())

const CASES: [Standing, Operation[]][] = [
  ['effect', ['finish', 'fail', 'cancel', 'takeover', 'resume']],
  ['wait', ['due', 'cancel', 'resume']],
  ['retry', ['due', 'cancel', 'resume']],
  ['failed', ['retry', 'cancel', 'replay']],
]

/** Two or three of them; one may come twice, as two workers or two clicks do, but an effect has one outcome. */
function* groups(operations: readonly Operation[], size: number, from = 0): Generator<Operation[]> {
  if (size === 0) {
    yield []
    return
  }
  for (let i = from; i < operations.length; i++)
    for (const rest of groups(operations, size - 1, i)) {
      const group = [operations[i]!, ...rest]
      if (group.filter((one) => one === 'finish' || one === 'fail').length <= 1) yield group
    }
}

/** What must be so however they went. */
function check({ run, made, score, sends, changed, words }: Interleaved, operations: readonly Operation[]): void {
  const own = (steps: Interleaved['run']['steps'], type: string) =>
    steps.filter((step) => step.type === type && step.status === 'succeeded').length
  expect(changed, 'what has ended never changes').toBe(false)
  expect(['succeeded', 'failed', 'cancelled']).toContain(run.status)
  // a retry takes over the first step of the failed run, a replay does it once more
  const added = made.map((other) => own(other.steps, 'update_record') - (isReplay(other) ? 0 : 1))
  expect(score, 'each step that the log says was done was done once').toBe(
    added.reduce((sum, count) => sum + count, own(run.steps, 'update_record')),
  )
  const call = run.steps.find(({ type }) => type === 'webhook')!
  expect(call.attempts.length, 'each send is an attempt in the log').toBeGreaterThanOrEqual(sends)
  const accepted = operations.some((operation, i) => operation === 'cancel' && words[i] === 'done')
  if (!words.some((word) => word.startsWith('again')))
    expect(run.status === 'cancelled', 'an accepted cancel ends it, a refused one doesn’t').toBe(accepted)
  const asked = operations.filter((operation) => operation === 'retry').length
  expect(made.filter((other) => !isReplay(other)).length, 'it is retried once').toBe(Math.min(1, asked))
  expect(made.filter(isReplay).length).toBe(operations.filter((operation) => operation === 'replay').length)
}

const isReplay = ({ chain, id }: Interleaved['run']): boolean => chain.id?.slice(-32) === id.slice(-32)

test.each(CASES)(
  'a run that stands at %s: any two of %j in every order',
  async (standing, operations) => {
    for (const group of groups(operations, 2))
      for (const order of orders(2)) {
        const came = await interleave(rig, standing, group, order)
        expect(() => check(came, group), `${group} in order ${order}: ${came.words}`).not.toThrow()
      }
  },
  300_000,
)

test.each(CASES)(
  'a run that stands at %s: any three of %j',
  async (standing, operations) => {
    const random = createRandom(1)
    const all = [...groups(operations, 3)].flatMap((group) => [...orders(3)].map((order) => ({ group, order })))
    const chosen = ALL ? all : Array.from({ length: SAMPLE }, () => random.pick(all))
    for (const { group, order } of chosen) {
      const came = await interleave(rig, standing, group, order)
      expect(() => check(came, group), `${group} in order ${order}: ${came.words}`).not.toThrow()
    }
  },
  WITHIN_MS,
)

test.each(CASES)(
  'a run that stands at %s: two of %j, statement by statement',
  async (standing, operations) => {
    for (let seed = 1; seed <= (ALL ? 500 : 15); seed++) {
      const random = createRandom(seed)
      const group = random.pick([...groups(operations, 2)])
      // before each statement some others may go first
      const gate = async () => {
        for (let turns = random.pick([0, 0, 1, 3]); turns > 0; turns--) await rig.pool.query('select 1')
      }
      const order = random.next() < 0.5 ? [0, 1] : [1, 0]
      const came = await interleave(rig, standing, group, order, gate)
      expect(() => check(came, group), `${group} with seed ${seed}: ${came.words}`).not.toThrow()
    }
  },
  WITHIN_MS,
)
