import { createApp } from '../../src/api/app.ts'
import { listen } from '../../src/api/listen.ts'
import { compose } from '../../src/cli/compose.ts'
import { readConfig } from '../../src/cli/config.ts'
import { beReady } from '../part.ts'

// The whole product in one process, as `npm start` runs it.
const { services, stop } = await compose(readConfig(process.env), 'all')
const server = await listen(createApp(services), { host: '127.0.0.1', port: 0 })
beReady({
  port: () => server.port,
  memory: () => process.memoryUsage.rss(),
})
process.once('SIGTERM', async () => {
  await server.close(1_000)
  await stop()
  process.exit(0)
})
