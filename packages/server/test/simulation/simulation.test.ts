import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

const CI_SEEDS = 500

test('whatever dies, freezes, is lost, cancelled, resumed and retried in between, 500 stories end as they must', async () => {
  const seen: Record<string, number> = {}
  const broken: string[] = []
  for (let seed = 1; seed <= CI_SEEDS; seed++) {
    const story = await simulate(seed)
    if (story.broken !== null) broken.push(`npm run simulate -- --seed ${seed}: ${story.broken}`)
    for (const [what, times] of Object.entries(story.seen)) seen[what] = (seen[what] ?? 0) + times
  }
  expect(broken).toEqual([])
  // in which nothing happens, nothing is proven
  const happened = ['crashes', 'freezes', 'leases handed on', 'rollbacks', 'lost answers', 'holds', 'turns', 'searches']
  for (const what of [...happened, 'cancels', 'resumes', 'retries', 'sends'])
    expect.soft(seen[what], what).toBeGreaterThan(CI_SEEDS / 20)
}, 240_000)

test('a story is the same each time it is told', async () => {
  const told = await simulate(16, { tells: true })
  expect(told.story.length).toBeGreaterThan(20)
  expect(await simulate(16, { tells: true })).toEqual(told)
})

test('without the fence of rev, what a taken-over worker brings home breaks stories', async () => {
  let broken = 0
  for (let seed = 1; seed <= 100; seed++) if ((await simulate(seed, { fenced: false })).broken !== null) broken += 1
  expect(broken).toBeGreaterThan(0)
})
