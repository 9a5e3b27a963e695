import {
  type Action,
  type AutomationAnswer,
  type Enrolment,
  type Group,
  type OnImport,
  READ_ONLY_KEYS,
  type VersionAnswer,
} from '@kantos/model'

/**
 * What is edited: the parts of an automation that a save makes a version of. The trigger may be incomplete. Parts that no
 * form knows, as of a newer server, stay as they came.
 */
export interface Draft {
  name: string
  description: string
  trigger: Record<string, unknown>
  conditions: Group
  actions: Action[]
  serial?: boolean
  exit?: Group
  enrolment?: Enrolment
  on_import?: OnImport
  [part: string]: unknown
}

export const EMPTY_DRAFT: Draft = {
  name: '',
  description: '',
  trigger: {},
  conditions: { match: 'all', rules: [] },
  actions: [],
}

/** What answers say beside the document: of where an automation stands, and of the place of a version. */
const NOT_EDITED: ReadonlySet<string> = new Set([
  ...READ_ONLY_KEYS,
  'status',
  'mode',
  'version',
  'current',
  'waiting_runs',
])

/** The editable part of a saved automation, or of one of its versions. */
export function draftOf(saved: AutomationAnswer | (VersionAnswer & { description?: string })): Draft {
  const parts = Object.fromEntries(
    Object.entries(saved).filter(([key, part]) => !NOT_EDITED.has(key) && part !== undefined),
  )
  return { ...parts, description: saved.description ?? '' } as Draft
}

/** What is sent: the draft, without a false switch's noise. */
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
