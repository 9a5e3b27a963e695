import { createHash } from 'node:crypto'
import { query, type Queryable } from '../db/pool.ts'

/** How often something may be tried, and in how many seconds. */
export interface Bound {
  tries: number
  seconds: number
}

/** One account from one network address; everything from one; one account from all that it isn't known from. */
export interface LoginBounds {
  pair: Bound
  address: Bound
  account: Bound
}

/** An address from which a login succeeded is known for this long. */
const KNOWN_DAYS = 30

const keyOf = (kind: string, ...parts: string[]): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([kind, ...parts]))
    .digest()

/**
 * Counts a try to log in, before it is looked at. Tries at the same moment are counted one after the other, by the rows' locks.
 *
 * Where a login to the account succeeded of late, its count over all addresses isn't asked: those who guess it from everywhere
 * can't lock out the one who has been here before.
 *
 * @param account a user's id, or whatever was given instead of one
 * @param network whom the request comes from
 * @returns the bound that was passed and when it ends, or null
 */
export async function countTry(
  db: Queryable,
  bounds: LoginBounds,
  account: string,
  network: string,
): Promise<{ bound: keyof LoginBounds; forMs: number } | null> {
  const kinds = ['pair', 'address', 'account'] as const
  const keys = [keyOf('pair', account, network), keyOf('address', network), keyOf('account', account)]
  const { rows } = await query<{ kind: keyof LoginBounds; tries: number; ms: number }>(db, {
    name: 'login-try',
    text: `with given as (
        select * from unnest($1::text[], $2::bytea[], $3::int[]) as g(kind, key, seconds)
        where kind <> 'account' or not exists (select from login_tries k where k.key = $4 and k.ends_at > now())
      ), counted as (
        insert into login_tries as t (key, tries, ends_at)
        select key, 1, now() + make_interval(secs => seconds) from given order by key
        on conflict (key) do update set
          tries = case when t.ends_at <= now() then 1 else least(t.tries, 1000000) + 1 end,
          ends_at = case when t.ends_at <= now() then excluded.ends_at else t.ends_at end
        returning key, tries, ends_at
      )
      select g.kind, c.tries, greatest(extract(epoch from c.ends_at - now()) * 1000, 0)::int as ms
      from counted c join given g using (key)`,
    values: [kinds, keys, kinds.map((kind) => bounds[kind].seconds), keyOf('known', account, network)],
  })
  const passed = rows.filter(({ kind, tries }) => tries > bounds[kind].tries).toSorted((a, b) => b.ms - a.ms)[0]
  return passed === undefined ? null : { bound: passed.kind, forMs: passed.ms }
}

/** A login that succeeded takes its try back, and the account is known from this address from now on. */
export async function forgetTries(db: Queryable, account: string, network: string): Promise<void> {
  // a row each, so that none waits for another while it holds one
  const takeBack = 'update login_tries set tries = greatest(tries - 1, 0) where key = $1'
  await query(db, { text: 'delete from login_tries where key = $1', values: [keyOf('pair', account, network)] })
  await query(db, { text: takeBack, values: [keyOf('address', network)] })
  await query(db, { text: takeBack, values: [keyOf('account', account)] })
  await query(db, {
    text: `insert into login_tries (key, tries, ends_at) values ($1, 0, now() + make_interval(days => $2))
      on conflict (key) do update set ends_at = excluded.ends_at`,
    values: [keyOf('known', account, network), KNOWN_DAYS],
  })
}
