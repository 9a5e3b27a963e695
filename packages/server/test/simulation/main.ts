import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { simulate } from './simulate.ts'

// npm run simulate: many seeds, each a story of the engine under crashes. `--seeds N --from S` says which, `--seed X` tells one.

const MOST_FAILURES = 5

interface Part {
  totals: Record<string, number>
  failures: { seed: number; broken: string }[]
}

const say = (line: string) => void process.stdout.write(`${line}\n`)

/** Every `step`th seed. */
async function simulateSome(from: number, to: number, step: number): Promise<Part> {
  const part: Part = { totals: {}, failures: [] }
  for (let seed = from; seed < to && part.failures.length < MOST_FAILURES; seed += step) {
    const { broken, seen } = await simulate(seed)
    for (const [what, times] of Object.entries(seen)) part.totals[what] = (part.totals[what] ?? 0) + times
    if (broken !== null) part.failures.push({ seed, broken })
  }
  return part
}

/** Prints a seed's story. */
async function tell(seed: number): Promise<void> {
  const { story, broken } = await simulate(seed, { tells: true })
  say(`The story of seed ${seed} (npm run simulate -- --seed ${seed}):`)
  for (const line of story) say(line)
  say(broken === null ? 'All is as it must be.' : `BROKEN: ${broken}`)
  if (broken !== null) process.exitCode = 1
}

async function simulateAll(from: number, count: number): Promise<void> {
  const began = performance.now()
  const threads = Math.min(count, availableParallelism())
  const parts = await Promise.all(
    Array.from(
      { length: threads },
      (_, i) =>
        new Promise<Part>((resolve, reject) => {
          const data = { from: from + i, to: from + count, step: threads }
          const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data })
          worker.once('message', resolve)
          worker.once('error', reject)
        }),
    ),
  )
  const totals: Record<string, number> = {}
  for (const part of parts)
    for (const [what, times] of Object.entries(part.totals)) totals[what] = (totals[what] ?? 0) + times
  for (const [what, times] of Object.entries(totals)) say(`${what.padEnd(20)} ${times.toLocaleString('en-US')}`)
  const failures = parts.flatMap((part) => part.failures).toSorted((a, b) => a.seed - b.seed)
  for (const { seed, broken } of failures) say(`seed ${seed}: ${broken}`)
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  say(
    `${count.toLocaleString('en-US')} seeds from ${from} in ${seconds} s: ${failures.length === 0 ? 'none is broken' : 'BROKEN'}`,
  )
  if (failures.length > 0) await tell(failures[0]!.seed)
}

if (isMainThread) {
  const { values } = parseArgs({
    options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
  })
  if (values.seed === undefined) await simulateAll(Number(values.from ?? 1), Number(values.seeds ?? 20_000))
  else await tell(Number(values.seed))
} else {
  const { from, to, step } = workerData as { from: number; to: number; step: number }
  parentPort!.postMessage(await simulateSome(from, to, step))
}
