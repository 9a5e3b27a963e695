import { expect, test } from 'vitest'
import { KINDS } from './faults.ts'
import { runChaos } from './run.ts'
import { SIZES } from './sizes.ts'

// The small run of `npm run chaos`. Its seed is printed with what it found; the faults' moments depend on the machine all the same.
test('processes killed, frozen and cut off at any moment lose nothing, double nothing, and leave nothing behind', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const lines: string[] = []
  const { violations, figures } = await runChaos({
    size: SIZES.small,
    seed,
    kinds: KINDS,
    realTimes: false,
    say: (line) => void lines.push(line),
  })
  expect(violations, lines.join('\n')).toEqual([])
  expect(figures.runs).toBeGreaterThan(100)
}, 600_000)
