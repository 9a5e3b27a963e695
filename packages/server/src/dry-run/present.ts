import type { AutomationDocument, DryRun, FieldValues, Step } from '@kantos/model'
import { cutPayload, cutStep } from '../log/cut.ts'
import { shapeRun } from '../log/shape.ts'
import type { LiveRun } from '../runs/live-run.ts'
import type { NewEvent } from '../events/outbox.ts'

/** Bytes of payloads in one answer; beyond it each is cut to 2,000. */
const ANSWER_LIMIT = 4 * 1024 * 1024
const SMALL_PAYLOAD = 2_000

/**
 * A dry run as an execution-log entry.
 *
 * @param invented its event and chain are in no table, so the answer doesn't name them
 */
export function presentRun(
  run: LiveRun,
  automation: { name: string; document: AutomationDocument },
  invented: boolean,
  recordName: string | undefined,
): Omit<DryRun, 'matched' | 'why' | 'notes' | 'predictions'> {
  const { trigger, conditions } = automation.document
  return shapeRun(
    {
      id: run.id,
      automation_id: run.automationId,
      version: run.version,
      status: run.status,
      mode: run.mode,
      event_id: invented ? null : run.eventId,
      record_id: run.recordId,
      started_at: new Date(run.startedAt),
      finished_at: run.finishedAt === null ? null : new Date(run.finishedAt),
      conditions: run.conditions,
      trigger: run.trigger,
      error: run.error,
      chain_id: invented ? null : run.chain.id,
      depth: run.chain.depth,
      path: [...run.chain.path],
      parent_run_id: run.chain.parentRunId,
      retry_of: null,
      rev: null,
      due_at: null,
      wait_reason: null,
      cancel_requested: null,
      step_chunks: null,
      steps: cutSteps(run.steps),
    },
    { version: { name: automation.name, event: trigger.event, conditions }, recordName },
    true,
  )
}

/** Tells each step that creates or deletes a record what it changes, as an update does: `{slug: {before, after}}`. */
export function addChanges(step: Step, event: NewEvent): void {
  if (step.status !== 'succeeded' || (event.type !== 'record.created' && event.type !== 'record.deleted')) return
  const created = event.type === 'record.created'
  const values: FieldValues = event.after ?? {}
  const changes = Object.fromEntries(
    Object.keys(values).map((slug) => [
      slug,
      created ? { before: null, after: values[slug] } : { before: values[slug], after: null },
    ]),
  )
  step.output = { ...(step.output as object), changes }
}

function cutSteps(steps: readonly Step[]): Step[] {
  let left = ANSWER_LIMIT
  return steps.map((step) => {
    const cut = cutStep(step)
    left -= JSON.stringify([cut.input, cut.output]).length
    if (left >= 0) return cut
    return { ...cut, input: cutPayload(cut.input, SMALL_PAYLOAD), output: cutPayload(cut.output, SMALL_PAYLOAD) }
  })
}
