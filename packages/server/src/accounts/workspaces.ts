import { uuidv7 } from 'uuidv7'
import { type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { seedObjects } from '../objects/seed.ts'
import type { Sealer } from '../secrets/seal.ts'
import { newSigningSecret } from '../webhooks/signing-secret.ts'
import { makeKey } from './api-keys.ts'
import { sealSigningSecret } from './signing-secret.ts'

const LOCK = 7_100_020

/**
 * The workspace `default`, made with its standard objects and a signing secret when it isn't there. Processes that start
 * at once make one: each takes `pg_advisory_xact_lock` and looks again.
 *
 * Source: SPEC.md, section 2
 */
export async function ensureWorkspace(pool: Pool, sealer: Sealer): Promise<{ id: string; created: boolean }> {
  return transaction(pool, async (client) => {
    await query(client, { text: `select pg_advisory_xact_lock(${LOCK})` })
    const { rows } = await query<{ id: string }>(client, { text: `select id from workspaces where slug = 'default'` })
    if (rows[0] !== undefined) return { id: rows[0].id, created: false }
    return { id: await insertWorkspace(client, sealer, 'Default', 'default'), created: true }
  })
}

/**
 * Makes one more workspace, with a server key.
 *
 * @returns the key, which can't be read again
 * @throws Error when a workspace of that name exists
 * Source: SPEC-DETAILS.md, section 12 (`kantos workspace create NAME`)
 */
export async function createWorkspace(
  pool: Pool,
  sealer: Sealer,
  name: string,
): Promise<{ id: string; slug: string; key: string }> {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  if (slug === '') throw new Error('A workspace’s name needs a letter or a digit.')
  return transaction(pool, async (client) => {
    await query(client, { text: `select pg_advisory_xact_lock(${LOCK})` })
    const { rows } = await query(client, { text: 'select 1 from workspaces where slug = $1', values: [slug] })
    if (rows.length > 0) throw new Error(`There is a workspace ${JSON.stringify(slug)} already.`)
    const id = await insertWorkspace(client, sealer, name, slug)
    const { key } = await makeKey(client, id, { name: 'First key', type: 'server', createdBy: null })
    return { id, slug, key }
  })
}

async function insertWorkspace(db: Queryable, sealer: Sealer, name: string, slug: string): Promise<string> {
  const id = uuidv7()
  const entry = sealSigningSecret(sealer, id, newSigningSecret(), new Date())
  await query(db, {
    text: 'insert into workspaces (id, name, slug, signing_secrets) values ($1, $2, $3, $4)',
    values: [id, name, slug, JSON.stringify([entry])],
  })
  await seedObjects(db, id, uuidv7)
  return id
}
