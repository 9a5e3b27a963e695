import type { BrowserContext, Page } from 'playwright-core'
import { inject } from 'vitest'
import type { People } from './browser.ts'

/** Calls the API of the shared installation with its server key. @throws with the answer's text when it isn't 2xx */
export async function api<T = Record<string, never>>(method: string, path: string, body?: unknown): Promise<T> {
  const { url, key } = inject('installation')
  const answer = await fetch(`${url}/api${path}`, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return (text === '' ? {} : JSON.parse(text)) as T
}

/** Creates a lead through the API. @returns its id */
export async function createLead(values: Record<string, unknown>): Promise<string> {
  const { id } = await api<{ id: string }>('POST', '/crm/record', { object_id: 'leads', field_values: values })
  return id
}

/** A browser that is logged in as the owner. */
export async function owner(people: People, look: Parameters<People['arrive']>[0] = {}): Promise<BrowserContext> {
  const { url, email, password } = inject('installation')
  const context = await people.arrive(look)
  const answer = await context.request.post(`${url}/api/session`, { data: { email, password } })
  if (!answer.ok()) throw new Error(`Not logged in: ${answer.status()} ${await answer.text()}`)
  return context
}

/** A page of the shared installation, opened by its owner. */
export async function openAsOwner(people: People, path: string): Promise<Page> {
  return people.open(await owner(people), inject('installation').url + path)
}
