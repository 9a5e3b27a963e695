import type { Client, Pool } from './pool.ts'

/**
 * A pool whose transactions are parts of one that is under way: each begins with a savepoint, commits by releasing it and
 * rolls back to it. So what opens a transaction of its own can be one step of a greater whole.
 *
 * @param client in a transaction; one statement at a time, so the parts come one after another
 */
export function nestedPool(client: Client): Pool {
  let depth = 0
  const nested = new Proxy(client, {
    get(target, name) {
      if (name === 'release') return () => {}
      if (name === 'query') return (...given: unknown[]) => send(target, given)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const send = async (target: Client, given: unknown[]): Promise<unknown> => {
    const query = target.query.bind(target) as (...all: unknown[]) => Promise<unknown>
    const [text] = given
    if (typeof text !== 'string') return query(...given)
    if (/^begin\b/.test(text)) {
      depth += 1
      return query(text.replace(/^begin[^;]*/, `savepoint nested_${depth}`))
    }
    if (text === 'commit') {
      await query(`release savepoint nested_${depth}`)
      depth -= 1
      return { command: 'COMMIT', rows: [], rowCount: 0 }
    }
    if (text === 'rollback') {
      await query(`rollback to savepoint nested_${depth}; release savepoint nested_${depth}`)
      depth -= 1
      return { command: 'ROLLBACK', rows: [], rowCount: 0 }
    }
    return query(...given)
  }
  return { connect: async () => nested, query: nested.query } as unknown as Pool
}
