import type { Role } from '@kantos/model'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Config } from './cli/config.ts'
import type { Clock } from './ports/clock.ts'
import type { DbTime } from './db/time.ts'
import type { Egress } from './ports/egress.ts'
import type { Mailer } from './ports/mailer.ts'
import type { Sealer } from './secrets/seal.ts'

/** Who makes a request. Ids are UUIDs; `actor` is the public id that records and the audit log show. */
export interface Principal {
  workspaceId: string
  kind: 'user' | 'key'
  id: string
  actor: string
  name: string
  role: Role
  /** of keys */
  keyType?: 'server' | 'intake'
  /** where the request came from; the audit log shows it */
  ip?: string
}

/** What the composition root (cli/serve.ts) hands down to the folders that need the outside. */
export interface Services {
  pool: Pool
  config: Config
  log: Logger
  clock: Clock
  sealer: Sealer
  /** the key that signs the chain header, which receivers of webhooks don't know */
  chainKey(workspaceId: string): Buffer
  egress: Egress
  /** null: e-mails are captured in the outbox */
  mailer: Mailer | null
  /** the database's clock, and ids that carry it */
  time: DbTime
  /** called after a commit that may have made work: wakes the relays of this process and, coalesced, of the others */
  wake(): void
  /** what /metrics shows */
  metrics: Registry
  /** aborts when the process begins to stop: streams end, nothing new is begun; absent where nothing stops in good order */
  stopping?: AbortSignal
  /** background chores (pg-boss); `send` enqueues one */
  chores: { send(name: string, data: object): Promise<void> }
}
