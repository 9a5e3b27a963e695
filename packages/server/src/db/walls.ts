import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import type { Client, Pool } from './pool.ts'

/** Whose rows a connection sees: a workspace's id, or one of these two. */
type Scope = string
const ALL: Scope = 'all'
const NONE: Scope = 'none'

/** The scope of what is under way, from a request down to its last statement. */
const current = new AsyncLocalStorage<Scope>()

/** Does something for one workspace: of a pool from `insideWalls`, its statements see and write rows of this one alone. */
export function insideWorkspace<T>(workspaceId: string, work: () => T): T {
  return current.run(workspaceId, work)
}

/** Does something for nobody that is known yet: its statements see and write no workspace's rows. */
export function insideNone<T>(work: () => T): T {
  return current.run(NONE, work)
}

/**
 * The same pool for those who serve all workspaces: workers, chores, commands, and the look-ups that find out whose a request is.
 * It doesn't matter who woke them: what a request set holds for its own statements only.
 */
export function acrossWorkspaces(pool: Pool): Pool {
  return scoped(pool, () => ALL)
}

/** The same pool for those who serve one request: outside of `insideWorkspace` it shows nothing, so what is forgotten fails. */
export function insideWalls(pool: Pool): Pool {
  return scoped(pool, () => current.getStore() ?? NONE)
}

/**
 * Makes a pool hand out connections that are set to the scope of who asks. A connection is asked to change only when it served
 * somebody else before, and one that serves the same is taken first.
 *
 * The answer is awaited before the connection is handed out: were the change to fail, the statement behind it would run with
 * the rights of whoever had the connection before.
 *
 * @param initial the scope of a new connection, and of whoever states none
 */
export function raiseWalls(pool: Pool, initial: 'all' | 'none'): void {
  const scopes = new WeakMap<pg.ClientBase, Scope>()
  const idle = (pool as unknown as { _idle?: { client: pg.ClientBase }[] })._idle
  const connect = pool.connect.bind(pool) as (callback: Connected) => void

  const checkOut = (callback: Connected): void => {
    const scope = current.getStore() ?? initial
    if (idle !== undefined) preferLast(idle, ({ client }) => (scopes.get(client) ?? initial) === scope)
    connect((error, client, release) => {
      if (error !== undefined && error !== null) return callback(error, client, release)
      if ((scopes.get(client!) ?? initial) === scope) return callback(undefined, client, release)
      client!.query(settingOf(scope)).then(
        () => {
          scopes.set(client!, scope)
          callback(undefined, client, release)
        },
        (failure: Error) => {
          release(failure)
          callback(failure, undefined, () => {})
        },
      )
    })
  }

  pool.connect = ((callback?: Connected) => {
    if (callback !== undefined) return checkOut(callback)
    return new Promise<Client>((resolve, reject) => {
      checkOut((error, client) => (error === undefined || error === null ? resolve(client!) : reject(error)))
    })
  }) as Pool['connect']
}

type Connected = (error: Error | undefined | null, client: Client | undefined, release: (error?: Error) => void) => void

function settingOf(scope: Scope) {
  return {
    name: 'walls',
    text: `select set_config('kantos.worker', $1, false), set_config('kantos.workspace', $2, false)`,
    values: scope === ALL ? ['on', ''] : ['off', scope === NONE ? '' : scope],
  }
}

/** Moves the last item that fits to the end, which is where a pool takes from. */
function preferLast<T>(items: T[], fits: (item: T) => boolean): void {
  const at = items.findLastIndex(fits)
  if (at !== -1 && at !== items.length - 1) items.push(...items.splice(at, 1))
}

/** A view of a pool whose statements run in a scope; all else is the pool's own. */
function scoped(pool: Pool, scope: () => Scope): Pool {
  const own: Record<PropertyKey, unknown> = {
    connect: (...given: never[]) =>
      current.run(scope(), () => (pool.connect as (...all: never[]) => unknown)(...given)),
    query: (...given: never[]) => current.run(scope(), () => (pool.query as (...all: never[]) => unknown)(...given)),
  }
  return new Proxy(pool, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
