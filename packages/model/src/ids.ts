/**
 * Ids are uuidv7 inside and `prefix_` + 32 hex digits at the edge.
 */
export const ID_PREFIXES = {
  record: 'rec_',
  automation: 'auto_',
  run: 'run_',
  event: 'evt_',
  template: 'tmpl_',
  user: 'user_',
  key: 'key_',
  field: 'fld_',
  import: 'imp_',
  email: 'mail_',
  workspace: 'ws_',
  audit: 'aud_',
  chain: 'chain_',
  job: 'job_',
  cause: 'cause_',
  enlistment: 'enl_',
  alert: 'alrt_',
} as const
export type IdKind = keyof typeof ID_PREFIXES

const HEX = /^[0-9a-f]{32}$/

/** `('record', '0198c0de-…')` → `'rec_0198c0de…'` */
export function publicId(kind: IdKind, uuid: string): string {
  return (
    ID_PREFIXES[kind] + uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)
  )
}

/** `('record', 'rec_0198c0de…')` → the uuid, or null when the text is not such an id. */
export function uuidOf(kind: IdKind, id: string): string | null {
  const prefix = ID_PREFIXES[kind]
  if (!id.startsWith(prefix)) return null
  const hex = id.slice(prefix.length)
  if (!HEX.test(hex)) return null
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Whether a value is a reference that templates and rules can read on along: the id of a record or a user. */
export function leadsOn(value: string): boolean {
  return value.startsWith(ID_PREFIXES.record) || value.startsWith(ID_PREFIXES.user)
}
