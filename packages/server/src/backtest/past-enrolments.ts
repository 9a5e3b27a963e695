import { type CrmEvent, type Enrolment, remembers, whyNotEnrolled } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

/** Whom an enrolment rule would have taken in a time that has passed, going by what was enrolled before it. */
export class PastEnrolments {
  private readonly workspaceId: string
  private readonly automationId: string
  private readonly rule: Enrolment | undefined
  private readonly from: number
  /** epoch ms by record uuid */
  private readonly last = new Map<string, number>()

  /** @param automationId uuid @param from epoch ms; enrolments since then are worked out anew */
  constructor(workspaceId: string, automationId: string, rule: Enrolment | undefined, from: number) {
    this.workspaceId = workspaceId
    this.automationId = automationId
    this.rule = rule
    this.from = from
  }

  /** Reads what is known of the records of these events. */
  async read(db: Queryable, events: readonly CrmEvent[]): Promise<void> {
    if (!remembers(this.rule)) return
    const ids = [...new Set(events.flatMap(({ recordId }) => recordId ?? []))].filter((id) => !this.last.has(id))
    const { rows } = await db.query<{ id: string; at: Date }>({
      name: 'enrolments-past',
      text: `select record_id as id, at from enrolments
        where workspace_id = $1 and automation_id = $2 and mode = 'live' and record_id = any($3::uuid[]) and at < $4`,
      values: [this.workspaceId, this.automationId, ids, new Date(this.from)],
    })
    for (const { id, at } of rows) this.last.set(id, at.getTime())
  }

  /** Whether the event's record would have been taken; from then on it is enrolled. */
  takes({ type, recordId, at }: Pick<CrmEvent, 'type' | 'recordId' | 'at'>): boolean {
    if (!remembers(this.rule) || recordId === null || type === 'record.deleted') return true
    const last = this.last.get(recordId)
    if (last !== undefined && whyNotEnrolled(this.rule, last, at.getTime()) !== null) return false
    this.last.set(recordId, at.getTime())
    return true
  }
}
