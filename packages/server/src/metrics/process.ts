import { statfs } from 'node:fs/promises'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { Pool } from '../db/pool.ts'

/**
 * The process and what it holds: memory, CPU and event-loop lag as prom-client has them, the pool's connections, and the
 * room on the disk of the embedded database.
 *
 * @param dataDir null: the database is elsewhere and minds its own disk
 */
export function processMetrics({
  pool,
  metrics,
  dataDir,
}: {
  pool: Pool
  metrics: Registry
  dataDir: string | null
}): void {
  collectDefaultMetrics({ register: metrics })
  new Gauge({
    name: 'kantos_pool_connections',
    help: 'Connections to the database: in use, idle, and requests that wait for one',
    labelNames: ['state'],
    registers: [metrics],
    collect() {
      this.set({ state: 'used' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  new Gauge({
    name: 'kantos_pool_size',
    help: 'Connections that this process may open',
    registers: [metrics],
    collect() {
      this.set(pool.options.max)
    },
  })
  if (dataDir === null) return
  new Gauge({
    name: 'kantos_disk_free_bytes',
    help: 'Room on the disk of the embedded database',
    registers: [metrics],
    async collect() {
      const free = await statfs(dataDir).catch(() => null)
      if (free === null) this.remove()
      else this.set(free.bavail * free.bsize)
    },
  })
}
