import { Session } from 'node:inspector/promises'
import { openBench, composeBench, addAutomation } from './setup.ts'
import { THREE_ACTIONS } from './scenarios-backlog.ts'
import { createRecords } from '../src/records/write.ts'
import { startWorker } from '../src/worker.ts'
const N = 10000
const bench = await openBench()
const inst = await composeBench(bench, null)
const { services, workspaceId } = inst
await addAutomation(inst, 'x', THREE_ACTIONS)
for (let i = 0; i < N; i += 1000)
  await createRecords(
    services,
    workspaceId,
    'leads',
    Array.from({ length: 1000 }, (_, k) => ({
      name: `Lead ${i + k}`,
      email: `lead${i + k}@example.org`,
      status: 'new',
      estimated_value: 6000,
      score: 1,
      company: 'Acme',
    })),
    { actor: 'key_x', source: 'api', lane: 1, chain: null },
  )
const s = new Session()
s.connect()
await s.post('HeapProfiler.startSampling', {
  samplingInterval: 32768,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
} as any)
const w = await startWorker(services)
for (;;) {
  const { rows } = await services.pool.query('select count(*)::int as n from outbox')
  if (rows[0].n === 0) break
  await new Promise((r) => setTimeout(r, 50))
}
const { profile } = (await s.post('HeapProfiler.stopSampling')) as any
const m = new Map<string, number>()
const walk = (n: any) => {
  const k =
    n.callFrame.functionName + ' ' + n.callFrame.url.split('/').slice(-2).join('/') + ':' + n.callFrame.lineNumber
  m.set(k, (m.get(k) ?? 0) + n.selfSize)
  n.children.forEach(walk)
}
walk(profile.head)
let t = 0
for (const v of m.values()) t += v
console.log('total MB', (t / 1e6).toFixed(0), 'KB/run', (t / N / 1000).toFixed(1))
for (const [k, v] of [...m].sort((a, b) => b[1] - a[1]).slice(0, 40)) console.log((v / N / 1000).toFixed(2), k)
await w.stop(1000)
await inst.stop()
await bench.close()
