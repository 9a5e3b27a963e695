import type { TestApp } from '../app.ts'
import type { Ask } from './requests.ts'

export interface Answered {
  status: number
  text: string
}

/** Sends a request and reads the answer; of a stream that doesn't end, its first piece. */
export async function send(t: TestApp, ask: Ask, headers: Record<string, string> = {}): Promise<Answered> {
  const leaving = new AbortController()
  const response = await t.request(ask.path, {
    method: ask.endpoint.route.method.toUpperCase(),
    body: ask.body,
    headers: { ...(ask.body === undefined ? {} : { 'content-type': ask.contentType }), ...headers },
    signal: leaving.signal,
  })
  if (response.headers.get('content-type') !== 'text/event-stream')
    return {
      status: response.status,
      text: await response.text().catch((error: Error) => `broken off: ${error.message}`),
    }
  const reader = response.body!.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  leaving.abort()
  return { status: response.status, text: new TextDecoder().decode(value) }
}
