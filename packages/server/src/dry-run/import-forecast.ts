import { type ImportError, matchEvent, type ObjectDefinition, publicId } from '@kantos/model'
import { type ActiveAutomation, readAutomations } from '../automations/compiled.ts'
import type { Client } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { reasonOf } from '../records/import.ts'
import { type Preview, PROBLEMS_KEPT } from '../records/upload.ts'
import type { Cause } from '../records/write-batch.ts'
import type { Batch } from '../runs/batch.ts'
import { judge } from '../runs/judge.ts'
import { newRun } from '../runs/start.ts'
import type { Principal, Services } from '../services.ts'
import { SimulatedWrites } from './simulated-writes.ts'

const LONGEST_MS = 3_000

/** What an import would refuse and start. */
export interface ImportForecast {
  /** rows that were looked at */
  checked: number
  /** rows that would make no record: of those that were looked at, and all that can't be read */
  refused: number
  /** the first of them, with what the import would say */
  problems: ImportError[]
  /** runs whose conditions hold, of all automations */
  runs: number
  /** every row was looked at; otherwise `runs` is worked out from the first ones */
  exact: boolean
  /** those that listen to the rows; public ids */
  automations: { id: string; name: string; runs: number }[]
}

/**
 * Which rows an import would refuse, and how many runs it would start: its first rows are created in memory by the import's own write path, so
 * that unknown users and records and taken values are noticed, and judged as the worker would. What runs they start is taken to hold for the rest.
 * Runs that these runs would start in turn aren't counted.
 *
 * @param sample the first rows of the file
 * @param unreadable what can't be read of the others
 * @param total rows of the whole file
 * Source: SPEC.md, section 8 (the same code as the worker's)
 */
export async function forecastImport(
  { pool, time }: Pick<Services, 'pool' | 'time'>,
  { workspaceId, actor }: Pick<Principal, 'workspaceId' | 'actor'>,
  object: ObjectDefinition,
  { sample: rows, unreadable: later }: Pick<Preview, 'sample' | 'unreadable'>,
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
        room: { reserve: () => ({ ok: false, afterMs: 0 }), refuses: () => null },
        actors: new Map(),
        restartBudget: () => {},
        hasBudget: () => true,
        hasBegun: () => false,
        spend: () => {},
      }
      const until = performance.now() + LONGEST_MS
      const bad: ImportError[] = []
      let seen = 0
      for (const row of rows) {
        if (performance.now() > until) break
        seen += 1
        if (row.values === null) {
          bad.push({ line: row.line, message: row.message })
          continue
        }
        const made = await writes.create(workspace.catalogue, object, row.values, cause)
        if (!made.ok) bad.push({ line: row.line, ...reasonOf(made, object) })
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
        checked: seen,
        refused: bad.length + later.count,
        problems: [...bad, ...later.first].slice(0, PROBLEMS_KEPT),
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
