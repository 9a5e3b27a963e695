import { expect, test } from 'vitest'
import { settableClock, systemClock } from '../../src/ports/clock.ts'

test('a settable clock stands still until it is moved, and wakes sleepers in the order they are due', async () => {
  const clock = settableClock(1000)
  const woken: string[] = []
  const sleeps = [
    clock.sleep(300).then(() => woken.push('late')),
    clock.sleep(100).then(() => woken.push('early')),
    clock.sleep(900).then(() => woken.push('later')),
  ]
  await clock.sleep(0)
  expect([clock.now(), woken, clock.sleeping()]).toEqual([1000, [], 3])
  clock.advance(300)
  await Promise.all(sleeps.slice(0, 2))
  expect([clock.now(), woken, clock.sleeping()]).toEqual([1300, ['early', 'late'], 1])
  clock.set(1900)
  await sleeps[2]
  expect(woken).toEqual(['early', 'late', 'later'])
  expect(() => clock.set(1899)).toThrow(RangeError)
})

test.each([
  ['settable', settableClock(0)],
  ['system', systemClock],
] as const)('a sleep by the %s clock ends when its signal is aborted', async (_, clock) => {
  const abort = new AbortController()
  const asleep = clock.sleep(2 ** 40, abort.signal)
  abort.abort(new Error('enough'))
  await expect(asleep).rejects.toThrow('enough')
  await expect(clock.sleep(5, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
})

test('the system clock never wakes early, not even from a sleep longer than a timer can be', async () => {
  const start = systemClock.now()
  await systemClock.sleep(20)
  expect(systemClock.now() - start).toBeGreaterThanOrEqual(19)
  const abort = new AbortController()
  const long = systemClock.sleep(2 ** 32, abort.signal).then(
    () => 'woke',
    () => 'aborted',
  )
  await systemClock.sleep(20)
  abort.abort()
  expect(await long).toBe('aborted')
})
