import type { Context } from 'hono'
import type { Queryable } from '../db/pool.ts'
import { readBytes, readText } from './body.ts'

/** Writes the answer that a repeat of the request gets. Part of the caller's transaction when it is given its connection. */
export type Remember = (db: Queryable, status: number, body: unknown) => Promise<void>

/** What a handler can ask about the request, beside its parsed parts. */
export class RequestContext {
  /** Hono's own, for streams */
  readonly hono: Context
  readonly ip: string
  /** whether a person in the dashboard, a program, or a form made the request: the source of its writes */
  readonly source: 'ui' | 'api' | 'intake'
  readonly #remember: Remember | null
  /** headers to add to the answer */
  readonly headers: Record<string, string> = {}

  constructor(hono: Context, ip: string, source: 'ui' | 'api' | 'intake', remember: Remember | null) {
    this.hono = hono
    this.ip = ip
    this.source = source
    this.#remember = remember
  }

  get request(): Request {
    return this.hono.req.raw
  }

  header(name: string): string | null {
    return this.hono.req.raw.headers.get(name)
  }

  /** The body of a raw route. @throws ApiError PAYLOAD_TOO_LARGE */
  bytes(limit: number): Promise<Buffer> {
    return readBytes(this.hono.req.raw, limit)
  }

  text(limit: number): Promise<string> {
    return readText(this.hono.req.raw, limit)
  }

  /**
   * Makes the Idempotency-Key exact: called inside the transaction that does the work, the answer commits with it, so a
   * repeat after a crash gets that answer and does nothing again. Without the header it does nothing.
   */
  async remember(db: Queryable, status: number, body: unknown): Promise<void> {
    await this.#remember?.(db, status, body)
  }
}
