import { openBench, composeBench } from './setup.ts'
import { drain } from './scenarios-backlog.ts'
const N = Number(process.argv[2] ?? 20000)
const bench = await openBench()
const inst = await composeBench(bench, null)
for (const k of ['baseline', 'worker', 'baseline', 'worker'] as const)
  for (const p of [1, 2]) {
    const d = await drain(bench, inst, k, N, p)
    console.log(k, p, Math.round(d.perSecond), 'pg us', d.postgresMicros.toFixed(0), 'node us', d.nodeMicros.toFixed(0))
  }
await inst.stop()
await bench.close()
