import type { SendEmailConfig, SendEmailInput } from '../actions/send-email.ts'
import { DEFAULT_RETRY_DELAYS_SECONDS, type WebhookConfig, type WebhookInput } from '../actions/webhook.ts'
import { validateAddress } from '../address.ts'
import { renderEmail } from '../email-template.ts'
import type { RunErrorCode } from '../errors.ts'
import { type RenderOptions, type Scope, toText } from '../expressions/index.ts'
import { publicId } from '../ids.ts'
import { type CompiledAction, type CompiledAutomation, emailTexts } from './compile.ts'
import type { RenderedValue, SecretSlot } from './compile-value.ts'
import type { RetryRule } from './command.ts'
import type { InputEdit } from './edit.ts'
import type { RecordView, RunView } from './view.ts'

export interface PlannedEffect {
  input: unknown
  secrets: SecretSlot[]
  notes: string[]
  retry: RetryRule
  atMostOnce: boolean
  error?: { code: RunErrorCode; message: string }
}

const NO_RULE: RetryRule = { delaysSeconds: DEFAULT_RETRY_DELAYS_SECONDS, on: 'any' }

/** Renders an e-mail: from its template or written inline; each address is checked alone. */
export function planEmail(
  compiled: CompiledAutomation,
  action: CompiledAction,
  rendered: RenderedValue,
  scope: Scope,
  options: RenderOptions,
): PlannedEffect {
  const config = rendered.value as SendEmailConfig
  const notes = notesOf(rendered)
  const effect: PlannedEffect = {
    input: null,
    secrets: [],
    notes,
    retry: { delaysSeconds: DEFAULT_RETRY_DELAYS_SECONDS, on: 'transient' },
    atMostOnce: config.delivery === 'at_most_once',
  }
  const input: SendEmailInput = { to: [], cc: [], bcc: [], subject: '' }
  for (const field of ['to', 'cc', 'bcc'] as const) {
    const addresses = addressTexts(config[field])
    for (const address of addresses) {
      const checked = validateAddress(address)
      if ('error' in checked) {
        effect.error = { code: 'INVALID_ADDRESS', message: `${field}: ${checked.message}` }
      }
    }
    input[field] = addresses
  }
  const replyTo = toText(config.reply_to).trim()
  if (replyTo !== '') {
    const checked = validateAddress(replyTo)
    if ('error' in checked) effect.error = { code: 'INVALID_ADDRESS', message: `reply_to: ${checked.message}` }
    input.reply_to = replyTo
  }
  if (config.from_name !== undefined) input.from_name = toText(config.from_name)
  if (config.delivery !== undefined) input.delivery = config.delivery
  const texts = action.email ?? compiled.templates.get(config.template_id ?? '')
  if (action.email === undefined) input.template_id = config.template_id
  if (texts === undefined) {
    effect.error ??= { code: 'TEMPLATE_NOT_FOUND', message: `The e-mail template ${config.template_id} is gone.` }
  } else {
    const mail = renderEmail(texts, { ...scope, variables: config.variables ?? {} }, options)
    input.subject = mail.subject
    if (mail.html !== '') input.html = mail.html
    input.text = mail.text
    notes.push(...mail.missing.map((name) => `${name} is empty`))
  }
  if (input.to.length === 0)
    effect.error ??= { code: 'NO_RECIPIENT', message: 'There is nobody to send to: “to” is empty.' }
  effect.input = input
  return effect
}

/** An e-mail written inline, with corrected texts instead of its own; they hold no templates. */
export function withTexts(action: CompiledAction, { input: { subject, body } }: InputEdit): CompiledAction {
  if (action.email === undefined || (subject === undefined && body === undefined)) return action
  const literal = (text: unknown) => toText(text).replaceAll('{{', "{{ '{{' }}")
  const texts = body === undefined ? action.email : emailTexts('', literal(body))
  return { ...action, email: { ...texts, subject: subject === undefined ? action.email.subject : literal(subject) } }
}

function addressTexts(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value]
  return list.map((entry) => toText(entry).trim()).filter((entry) => entry !== '')
}

/** Renders a request. Secrets stand as `••••`, their places are kept apart, so that no data can pose as one. */
export function planWebhook(
  compiled: CompiledAutomation,
  rendered: RenderedValue,
  view: RunView,
  record: RecordView | null,
): PlannedEffect {
  const config = rendered.value as WebhookConfig
  const method = config.method ?? 'POST'
  const headers: Record<string, string> = {}
  for (const name of Object.keys(config.headers ?? {})) headers[name] = toText(config.headers![name])
  let body: unknown = null
  if (method !== 'GET') body = config.body === undefined ? defaultBody(compiled, view, record) : config.body
  const input: WebhookInput = {
    url: toText(config.url).trim(),
    method,
    headers,
    body,
    timeout_seconds: config.timeout_seconds ?? 30,
  }
  return {
    input,
    secrets:
      method === 'GET' ? rendered.secrets.filter(({ pointer }) => !pointer.startsWith('/body')) : rendered.secrets,
    notes: notesOf(rendered),
    retry: {
      delaysSeconds: config.retry?.delays_seconds ?? NO_RULE.delaysSeconds,
      on: config.retry?.on ?? NO_RULE.on,
    },
    atMostOnce: false,
  }
}

/** Source: SPEC.md, section 11 */
function defaultBody(compiled: CompiledAutomation, view: RunView, record: RecordView | null): unknown {
  return {
    event: 'automation.executed',
    automation_id: publicId('automation', compiled.id),
    automation_name: compiled.name,
    timestamp: view.now,
    record:
      record === null
        ? null
        : {
            id: record.id,
            object_id: view.object === null ? null : `obj_${view.object}`,
            data: allValues(compiled.fields, record),
          },
  }
}

/** Every field with its value, null where empty, as the API answers them. */
function allValues(fields: readonly string[], record: RecordView): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const slug of fields) values[slug] = record[slug] ?? null
  return values
}

/** What was remarkable in a rendering, in words. */
export function notesOf(rendered: { missing: string[]; notes: string[] }): string[] {
  const missing = rendered.missing.map((name) => `${name} is empty`)
  return [...new Set([...missing, ...rendered.notes])]
}
