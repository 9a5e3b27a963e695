import pg from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { createApp } from '../../src/api/app.ts'
import { listen } from '../../src/api/listen.ts'
import { readConfig } from '../../src/cli/config.ts'
import { createPool } from '../../src/db/pool.ts'
import { createDbTime } from '../../src/db/time.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { createEgress } from '../../src/ports/egress.ts'
import { masterKey } from '../../src/secrets/key.ts'
import { createSealer } from '../../src/secrets/seal.ts'
import type { Services } from '../../src/services.ts'
import { startWorker } from '../../src/worker.ts'

// One process of an installation, to be killed: `TEST_ROLE` api or worker, over DATABASE_URL.
// With TEST_DIES_ON, it kills itself in the middle of the transaction that is about to write a record with that text.

const config = readConfig(process.env)
const key = masterKey(Buffer.from(process.env.TEST_KEY!, 'hex'))
dieOn(process.env.TEST_DIES_ON)

const pool = createPool(config.databaseUrl!, { max: 10, applicationName: 'kantos crash test', worker: true })
let wake = (): void => {
  pool.query('notify kantos_wake').catch(() => {})
}
const services: Services = {
  pool,
  config,
  log: pino({ level: config.logLevel }, pino.destination(2)),
  clock: systemClock,
  time: await createDbTime(pool),
  sealer: createSealer([key], 'secrets'),
  chainKey: (workspace) => key.derive('chain', workspace),
  egress: createEgress({ allow: config.egressAllow }),
  mailer: null,
  wake: () => wake(),
  metrics: new Registry(),
  chores: { send: async () => {} },
}
if (process.env.TEST_ROLE === 'api') {
  const { port } = await listen(createApp(services), { host: '127.0.0.1', port: config.port })
  process.stdout.write(`ready ${port}\n`)
} else {
  const worker = await startWorker(services)
  wake = () => worker.wake()
  process.stdout.write(`ready ${worker.id}\n`)
}

function dieOn(text: string | undefined): void {
  if (text === undefined || text === '') return
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const statement = args[0] as { name?: string; values?: unknown[] }
    if (statement.name?.startsWith('records-flush') && statement.values?.some((value) => holds(value, text)))
      process.kill(process.pid, 'SIGKILL')
    return Reflect.apply(query, this, args)
  } as typeof query
}

/** Parameters are texts, or arrays in PostgreSQL's binary format. */
function holds(value: unknown, text: string): boolean {
  return Buffer.isBuffer(value) ? value.includes(text) : JSON.stringify(value ?? null).includes(text)
}
