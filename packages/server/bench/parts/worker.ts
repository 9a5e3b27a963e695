import { compose } from '../../src/cli/compose.ts'
import { readConfig } from '../../src/cli/config.ts'
import { startWorker, type Worker } from '../../src/worker.ts'
import { beReady } from '../part.ts'

// A worker that begins when it is told to, so that its start isn't measured.
const { services, stop } = await compose(readConfig(process.env), null)
let worker: Worker | null = null
beReady({
  cpu: () => process.cpuUsage(),
  go: async () => {
    worker = await startWorker(services)
  },
})
process.once('SIGTERM', async () => {
  await worker?.stop(2_000)
  await stop()
  process.exit(0)
})
