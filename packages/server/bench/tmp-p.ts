import { openBench, composeBench } from './setup.ts'
import { drain } from './scenarios-backlog.ts'
const bench = await openBench()
const inst = await composeBench(bench, null)
const d = await drain(bench, inst, 'worker', 20000, 1)
console.log(Math.round(d.perSecond), 'pg us', d.postgresMicros.toFixed(0), 'node us', d.nodeMicros.toFixed(0))
await inst.stop()
await bench.close()
