import { type FieldValues, matchEvent, type ObjectDefinition, publicId } from '@kantos/model'
import { type ActiveAutomation, readAutomations } from '../automations/compiled.ts'
import type { Client } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Cause } from '../records/write-batch.ts'
import type { Batch } from '../runs/batch.ts'
import { judge } from '../runs/judge.ts'
import { newRun } from '../runs/start.ts'
import type { Principal, Services } from '../services.ts'
import { SimulatedWrites } from './simulated-writes.ts'

const LONGEST_MS = 3_000

/** What an import would start. */
export interface ImportForecast {
  /** runs whose conditions hold, of all automations */
  runs: number
  /** every row was looked at; otherwise `runs` is worked out from the first ones */
  exact: boolean
  /** those that listen to the rows; public ids */
  automations: { id: string; name: string; runs: number }[]
}

/**
 * How many runs an import would start: its first rows are created in memory and judged as the worker would, and what holds for
 * them is taken to hold for the rest. Runs that these runs would start in turn aren't counted.
 *
 * @param rows the first rows as they would be created, defaults not filled in; null: one that can't be read
 * @param total rows of the whole file
 * Source: SPEC.md, section 8 (the same code as the worker's)
 */
export async function forecastImport(
  { pool, time }: Pick<Services, 'pool' | 'time'>,
  { workspaceId, actor }: Pick<Principal, 'workspaceId' | 'actor'>,
  object: ObjectDefinition,
  rows: readonly (FieldValues | null)[],
  total: number,
): Promise<ImportForecast> {
  return transaction(
    pool,
    async (client) => {
      const workspace = (await readAutomations(client, [workspaceId])).get(workspaceId)!
      const listening = workspace
        .listening('record.created', object.slug)
        .filter(({ listener }) => listener.onImport !== 'skip')
      const passed = new Map<ActiveAutomation, number>(listening.map((automation) => [automation, 0]))
      const cause: Cause = { actor, source: 'import', lane: 2, chain: null }
      const writes = new SimulatedWrites(client, time)
      const batch: Batch = {
        db: client,
        time,
        writes,
        workerId: '',
        room: { reserve: () => ({ ok: false, afterMs: 0 }) },
        actors: new Map(),
        restartBudget: () => {},
        hasBudget: () => true,
        hasBegun: () => false,
        spend: () => {},
      }
      const until = performance.now() + LONGEST_MS
      let seen = 0
      for (const values of listening.length === 0 ? [] : rows) {
        if (performance.now() > until) break
        seen += 1
        if (values !== null) await writes.create(workspace.catalogue, object, values, cause)
        for (const written of writes.takeEvents()) {
          const event = { ...written, at: new Date(time.now()) }
          for (const automation of listening) {
            if (!matchEvent(event, automation.listener).matches) continue
            const run = newRun(batch, event, automation)
            run.mode = 'dry_run'
            if (run.compiled !== null && (await judge(batch, run))) passed.set(automation, passed.get(automation)! + 1)
          }
        }
      }
      const names = await readNames(client, workspaceId, listening)
      const automations = [...passed].map(([automation, count]) => ({
        id: publicId('automation', automation.id),
        name: names.get(automation.id) ?? '',
        runs: seen === 0 ? 0 : Math.round((count * total) / seen),
      }))
      return {
        runs: automations.reduce((sum, { runs }) => sum + runs, 0),
        exact: listening.length === 0 || seen >= total,
        automations: automations.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      }
    },
    { readOnly: true },
  )
}

async function readNames(
  client: Client,
  workspaceId: string,
  automations: readonly ActiveAutomation[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ id: string; name: string }>({
    text: 'select id, name from automations where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, automations.map(({ id }) => id)],
  })
  return new Map(rows.map(({ id, name }) => [id, name]))
}
