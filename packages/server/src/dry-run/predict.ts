import { type CrmEvent, fieldName, matchEvent, type ObjectDefinition, type Prediction, publicId } from '@kantos/model'
import type { ActiveAutomation } from '../automations/compiled.ts'
import type { NewEvent } from '../events/outbox.ts'
import type { Batch } from '../runs/batch.ts'
import { judge } from '../runs/judge.ts'
import type { LiveRun } from '../runs/live-run.ts'
import { loopOf } from '../runs/loop-guard.ts'
import { newRun } from '../runs/start.ts'
import type { Setting } from './setting.ts'

/** A write of the run, by the step that makes it. */
export interface SimulatedEvent {
  event: NewEvent
  stepKey: string
}

const MOST_JUDGED = 1_000

/**
 * Which automations would start because of what a run writes: those whose trigger fits, whose conditions hold, and whom
 * the loop guard lets run. One step ahead: what those would write in turn is not looked at.
 *
 * @param own the automation that is tried, taken to be active
 * @param hasTime whether to go on judging
 * Source: SPEC.md, section 10; SPEC-DETAILS.md, sections 8–11
 */
export async function predict(
  setting: Setting,
  batch: Batch,
  run: LiveRun,
  own: ActiveAutomation,
  events: readonly SimulatedEvent[],
  hasTime: () => boolean,
): Promise<Prediction[]> {
  const { workspace, nowMs } = setting
  const found = new Map<string, { prediction: Prediction; records: Set<string> }>()
  let judged = 0
  for (const { event, stepKey } of events) {
    const crmEvent: CrmEvent = { ...event, at: new Date(nowMs) }
    const others = workspace.listening(event.type, event.object).filter(({ id }) => id !== own.id)
    for (const automation of [own, ...others]) {
      const known = found.get(automation.id)
      if (known?.records.has(event.recordId!) || !matchEvent(crmEvent, automation.listener).matches) continue
      if (judged >= MOST_JUDGED || !hasTime()) {
        setting.notes.push('The run writes so much that not all it would start could be looked at.')
        return [...found.values()].map(({ prediction }) => prediction)
      }
      judged += 1
      const started = newRun(batch, crmEvent, automation)
      if (started.compiled === null || loopOf(started, workspace.limits) !== null) continue
      if (!(await judge(batch, started))) continue
      if (known !== undefined) {
        known.records.add(event.recordId!)
        known.prediction.records += 1
        continue
      }
      found.set(automation.id, {
        records: new Set([event.recordId!]),
        prediction: {
          automation_id: publicId('automation', automation.id),
          name: started.compiled.name,
          why: inWords(run, event, stepKey, automation.id === own.id, workspace.catalogue.objects.get(event.object!)),
          step_key: stepKey,
          record_id: publicId('record', event.recordId!),
          records: 1,
        },
      })
    }
  }
  return [...found.values()].map(({ prediction }) => prediction)
}

function inWords(
  run: LiveRun,
  event: NewEvent,
  stepKey: string,
  again: boolean,
  object: ObjectDefinition | undefined,
): string {
  const same = event.recordId === run.recordId
  const where = same ? 'the same record' : event.type === 'record.created' ? 'a new record' : 'another record'
  const what = {
    'record.created': `creates it in ${object?.name ?? event.object}`,
    'record.updated': `changes its ${Object.keys(event.changes ?? {})
      .map((slug) => fieldName(object, slug))
      .join(', ')}`,
    'record.deleted': 'deletes it',
  }[event.type as 'record.created']
  return `would start ${again ? 'again ' : ''}on ${where}: ${stepKey} ${what}`
}
