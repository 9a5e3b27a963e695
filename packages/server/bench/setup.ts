import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AutomationDocument } from '@kantos/model'
import { compose, type Installation, type ProcessRole } from '../src/cli/compose.ts'
import { readConfig } from '../src/cli/config.ts'
import { type Embedded, startEmbedded } from '../src/db/embedded/start.ts'

export interface Bench {
  embedded: Embedded
  dataDir: string
  env: NodeJS.ProcessEnv
  close(): Promise<void>
}

export const BENCH_KEY = 'kantos_bench-bench-bench-bench'

/**
 * An embedded PostgreSQL of its own, fsync on, as the product runs it.
 *
 * @param keep its folder, which stays; default: a temporary one
 */
export async function openBench(keep?: string): Promise<Bench> {
  const dataDir = keep ?? (await mkdtemp(join(tmpdir(), 'kantos-bench-')))
  const embedded = await startEmbedded({ dataDir })
  const env = {
    DATABASE_URL: embedded.url,
    DATA_DIR: dataDir,
    KANTOS_API_KEY: BENCH_KEY,
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_MINUTE: '1000000000',
    EGRESS_ALLOW: '127.0.0.0/8',
  }
  return {
    embedded,
    dataDir,
    env,
    close: async () => {
      await embedded.stop()
      if (keep === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The product's parts in this process, on the bench's database. */
export async function composeBench(bench: Bench, role: ProcessRole | null): Promise<Installation> {
  return compose(readConfig(bench.env), role)
}

/** Stores an active automation, past the API. */
export async function addAutomation(
  installation: Installation,
  name: string,
  document: AutomationDocument,
): Promise<string> {
  const { services, workspaceId } = installation
  const id = services.time.id()
  const { trigger } = document
  await services.pool.query(
    `with a as (
      insert into automations (workspace_id, id, name, status, version, document, trigger_event, trigger_object, activated_at)
      values ($1, $2, $3, 'active', 1, $4, $5, $6, now())
    ), v as (
      insert into automation_versions (workspace_id, automation_id, version, name, document) values ($1, $2, 1, $3, $4)
    )
    update workspaces set automations_rev = automations_rev + 1 where id = $1`,
    [
      workspaceId,
      id,
      name,
      JSON.stringify(document),
      trigger.event,
      'object' in trigger ? (trigger.object?.replace('obj_def_', '') ?? null) : null,
    ],
  )
  return id
}

/** Switches the first automation on, or all off, as the product does: the revision rises with it. */
export async function setActive({ services }: Installation, active: boolean): Promise<void> {
  await services.pool.query(
    `with changed as (
      update automations set status = $1, activated_at = $2 where $1 = 'inactive' or id = (select id from automations limit 1)
      returning workspace_id
    )
    update workspaces set automations_rev = automations_rev + 1 where id in (select workspace_id from changed)`,
    [active ? 'active' : 'inactive', active ? new Date() : null],
  )
}

/** A pseudo-random number generator, so that every run of the bench does the same. */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
