import type { AuditEntry } from '@kantos/model'

/** `api_key.created` → "API key created", `runs.retry` → "Runs retry". */
export function actionWords(action: string): string {
  const text = action
    .replace('.', ' ')
    .replaceAll('_', ' ')
    .replace(/^api\b/, 'API')
    .replace(/^email\b/, 'e-mail')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What else an entry says, each with its name in words; what its row says already is left out. */
export function detailsOf({
  details,
  target_name: shown,
}: Pick<AuditEntry, 'details' | 'target_name'>): [string, string][] {
  if (typeof details !== 'object' || details === null) return []
  return Object.entries(details).flatMap(([key, value]): [string, string][] => {
    if (value === shown || value === undefined) return []
    const name = key.replaceAll('_', ' ')
    return [[name.charAt(0).toUpperCase() + name.slice(1), valueWords(value)]]
  })
}

function valueWords(value: unknown): string {
  if (value === null || value === '') return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ') || '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
