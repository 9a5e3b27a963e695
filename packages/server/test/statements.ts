import pg from 'pg'

/** What a connection says about itself and does with its plans, whose a key is (asked once in 0.8 s), and what is noted beside a request once a minute. */
const ASIDE =
  /set_config\('kantos\.|from api_keys where key_hash|last_used_at = now\(\)|seen_at = now\(\)|^(?:begin|commit|rollback|discard)/i

/**
 * The statements that are sent to the database while something is done, in their order; their values aside.
 *
 * ```ts
 * expect(await statementsOf(() => ask('foreign'))).toEqual(await statementsOf(() => ask('missing')))
 * ```
 */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [first] = given
    const text = typeof first === 'string' ? first : ((first as { text?: string } | null)?.text ?? '')
    if (!ASIDE.test(text)) seen.push(text.replace(/\s+/g, ' ').trim())
    return (query as (...all: unknown[]) => unknown).apply(this, given) as never
  } as typeof query
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query
  }
  return seen
}
