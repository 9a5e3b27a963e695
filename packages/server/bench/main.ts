import { readFileSync } from 'node:fs'
import { postmasterOf } from './cpu.ts'
import { lookBack } from './scenario-backtest.ts'
import { drain, parkRuns } from './scenarios-backlog.ts'
import { leadWelcomeLatency, leadWelcomeRate, startLive, writeRate } from './scenarios-live.ts'
import { composeBench, openBench, setActive } from './setup.ts'

// npm run bench: how fast it is on this machine, on the embedded PostgreSQL with fsync on. Figures of a shared machine vary;
// the ratios of one run are what counts. `--quick` takes a tenth of everything.
const quick = process.argv.includes('--quick')
const only = process.argv.find((argument) => /^[a-f]$/.test(argument))
const scale = quick ? 0.1 : 1
const wants = (part: string) => only === undefined || only === part

function print(label: string, value: string, aim = ''): void {
  process.stdout.write(`${label.padEnd(74)} ${value.padStart(16)}  ${aim}\n`)
}
const rate = (value: number) => `${Math.round(value).toLocaleString('en-US')}/s`
const percent = (value: number) => `${Math.round(value * 100)} %`

const bench = await openBench()
const installation = await composeBench(bench, null)
try {
  process.stdout.write(`Node ${process.version}, PostgreSQL 18, fsync on, ${new Date().toISOString()}\n\n`)
  let backlog = 0
  if (wants('a') || wants('e')) {
    for (const count of [20_000 * scale, 200_000 * scale])
      for (const processes of [1, 2]) {
        const written = await drain(bench, installation, 'baseline', count, processes)
        const ours = await drain(bench, installation, 'worker', count, processes)
        if (count === 20_000 * scale && processes === 1) backlog = ours.perSecond
        const what = `${count.toLocaleString('en-US')} events waiting, ${processes} process${processes > 1 ? 'es' : ''}`
        print(`(a) hand-written pipeline, ${what}`, rate(written.perSecond))
        print(`(a) automations of three actions, ${what}`, rate(ours.perSecond), 'aim ≥ 5,000/s')
        print('    of the hand-written pipeline', percent(ours.perSecond / written.perSecond), 'aim ≥ 60 %')
        print(
          '    CPU µs a run: ours, PostgreSQL; hand-written: process, PostgreSQL',
          [ours.nodeMicros, ours.postgresMicros, written.nodeMicros, written.postgresMicros]
            .map((n) => n.toFixed(0))
            .join(', '),
        )
        if (only === 'e') break
      }
  }
  if (wants('e')) {
    await parkRuns(installation, 1_000_000 * scale)
    const count = 20_000 * scale
    const ours = await drain(bench, installation, 'worker', count, 1)
    print(`(e) the same beside ${(1_000_000 * scale).toLocaleString('en-US')} waiting runs`, rate(ours.perSecond))
    print('    of (a)', percent(ours.perSecond / backlog), 'aim ≥ 80 %')
  }
  if (wants('d')) {
    await setActive(installation, false)
    const rounds = { without: 0, with: 0 }
    for (let i = 0; i < 3; i++) {
      rounds.without += (await writeRate(installation, 'leads', 4_000 * scale)) / 3
      await setActive(installation, true)
      rounds.with += (await writeRate(installation, 'leads', 4_000 * scale)) / 3
      await setActive(installation, false)
    }
    await installation.services.pool.query('truncate outbox')
    print('(d) write transactions, no automation active', rate(rounds.without))
    print('(d) write transactions, one automation active', rate(rounds.with))
    print('    lost', percent(1 - rounds.with / rounds.without), 'aim ≤ 35 %')
  }
  if (wants('b') || wants('c')) {
    await setActive(installation, false)
    const live = await startLive(bench, installation)
    try {
      await leadWelcomeRate(live, 500, false)
      if (wants('b')) {
        print(
          '(b) lead welcome, 16 clients, first POST to last delivery',
          rate(await leadWelcomeRate(live, 10_000 * scale, false)),
          'aim ≥ 800/s',
        )
        print(
          '(b) the same, one receiver in ten hanging: the others’',
          rate(await leadWelcomeRate(live, 5_000 * scale, true)),
        )
      }
      if (wants('c')) {
        const { p50, p95, p99 } = await leadWelcomeLatency(live, 10, 20 * (quick ? 0.25 : 1))
        print(
          '(c) POST to delivery at 10 a second: p50, p95, p99',
          [p50, p95, p99].map((ms) => ms.toFixed(1)).join(', '),
          'ms; aim p50 ≤ 6, p99 ≤ 25',
        )
      }
    } finally {
      await live.close()
    }
  }
  if (wants('f')) {
    const { seconds, result } = await lookBack(installation, 100_000 * scale)
    print(
      `(f) backtest over ${result.scanned.toLocaleString('en-US')} events, ${result.would_run.toLocaleString('en-US')} would run`,
      `${seconds.toFixed(1)} s`,
      'aim ≤ 10 s',
    )
  }
  if (only === undefined) {
    const fresh = await openBench()
    const idle = await composeBench(fresh, null)
    const live = await startLive(fresh, idle)
    await new Promise((resolve) => setTimeout(resolve, 5_000))
    const node = await live.product.ask<number>({ type: 'memory' })
    print(
      'idle memory: the process, PostgreSQL',
      `${mb(node)}, ${mb(postgresMemory(fresh.dataDir))}`,
      'aim ≤ 350 MB together',
    )
    await live.close()
    await idle.stop()
    await fresh.close()
  }
} finally {
  await installation.stop()
  await bench.close()
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`
}

/** Memory of a PostgreSQL server and its backends, what they share counted once (Linux; elsewhere 0). */
function postgresMemory(dataDir: string): number {
  const postmaster = postmasterOf(dataDir)
  try {
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ')
    return [String(postmaster), ...children]
      .filter((pid) => pid !== '')
      .map((pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024)
      .reduce((a, b) => a + b, 0)
  } catch {
    return 0
  }
}
