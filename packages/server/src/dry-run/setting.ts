import type { DryRunInput, ObjectDefinition } from '@kantos/model'
import type { WorkspaceAutomations } from '../automations/compiled.ts'
import type { Client } from '../db/pool.ts'
import type { Cause } from '../records/write-batch.ts'
import type { SimulatedWrites } from './simulated-writes.ts'
import type { Tried } from './tried.ts'

/** What a dry run takes place in. */
export interface Setting {
  client: Client
  workspaceId: string
  workspace: WorkspaceAutomations
  writes: SimulatedWrites
  tried: Tried
  /** the trigger's object; null: the automation isn't about records */
  object: ObjectDefinition | null
  request: DryRunInput
  /** who tries it */
  cause: Cause
  /** the database's clock, epoch ms */
  nowMs: number
  newId(): string
  /** what was assumed, in sentences */
  notes: string[]
}
