import type { Action, AutomationAnswer, Group, VersionAnswer } from '@kantos/model'

/** What is edited: the parts of an automation that a save makes a version of. The trigger may be incomplete. */
export interface Draft {
  name: string
  description: string
  trigger: Record<string, unknown>
  conditions: Group
  actions: Action[]
  serial?: boolean
}

export const EMPTY_DRAFT: Draft = {
  name: '',
  description: '',
  trigger: {},
  conditions: { match: 'all', rules: [] },
  actions: [],
}

/** The editable part of a saved automation, or of one of its versions. */
export function draftOf(saved: AutomationAnswer | (VersionAnswer & { description?: string })): Draft {
  return {
    name: saved.name,
    description: saved.description ?? '',
    trigger: saved.trigger,
    conditions: saved.conditions,
    actions: saved.actions as Action[],
    ...(saved.serial === undefined ? {} : { serial: saved.serial }),
  }
}

/** What is sent: the draft, without an empty description's or a false switch's noise. */
export function bodyOf(draft: Draft, version?: number): Record<string, unknown> {
  const { serial, ...rest } = draft
  return { ...rest, ...(serial === true ? { serial } : {}), ...(version === undefined ? {} : { version }) }
}

/** Whether two drafts say the same, whatever the order of their keys. */
export function sameDraft(a: Draft, b: Draft): boolean {
  return canonical(bodyOf(a)) === canonical(bodyOf(b))
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
