import { type Pool, query } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { KEY_ID_AT } from '../secrets/seal.ts'
import { type Config, DEFAULTS } from './config.ts'

/** What the start finds out about its surroundings. */
export interface Facts {
  fsync: boolean
  fullPageWrites: boolean
  synchronousCommit: string
  /** row-level policies don't bind our role */
  passesPolicies: boolean
  /** connections that the server has for us, those of others taken off */
  connectionsLeft: number
  /** this process's clock minus the database's, ms */
  skewMs: number
  /** bytes on the disk of the embedded database; null: the database is elsewhere */
  freeBytes: number | null
  /** secrets and signing secrets that none of our keys opens */
  sealedByOthers: number
}

const OLDEST = 150_000
const MOST_SKEW_MS = 2_000
const LITTLE_BYTES = 1024 ** 3
const LOCAL = /^(?:localhost|127\.|::1$|\[::1\])/

/**
 * Refuses a server that lacks what we need.
 *
 * @throws Error that says which version is there and which is needed
 */
export async function refuseOldServer(pool: Pool): Promise<void> {
  const { rows } = await query<{ number: number; name: string }>(pool, {
    text: `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  })
  judgeVersion(rows[0]!)
}

/** @throws Error when it is older than PostgreSQL 15 */
export function judgeVersion({ number, name }: { number: number; name: string }): void {
  if (number < OLDEST)
    throw new Error(
      `DATABASE_URL leads to PostgreSQL ${name}. Kantos needs 15 or later, and is tested with 18: upgrade the server, or leave DATABASE_URL out to use the embedded one.`,
    )
}

/**
 * Looks around.
 *
 * @param freeBytes null: the database is elsewhere
 * @param keyIds of the keys that this process has
 */
export async function readFacts(
  pool: Pool,
  time: Pick<DbTime, 'now'>,
  freeBytes: number | null,
  keyIds: readonly Buffer[],
): Promise<Facts> {
  const { rows } = await query<Omit<Facts, 'skewMs' | 'freeBytes'>>(pool, {
    text: `select current_setting('fsync')::bool as "fsync", current_setting('full_page_writes')::bool as "fullPageWrites",
        current_setting('synchronous_commit') as "synchronousCommit",
        (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as "passesPolicies",
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
          - (select count(*)::int from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid())
          as "connectionsLeft",
        (select count(*)::int from (
          select sealed from secrets
          union all select decode(signing_secrets -> 0 ->> 'sealed', 'base64') from workspaces
        ) s where sealed is not null and substr(sealed, $1, $2) <> all($3::bytea[])) as "sealedByOthers"`,
    values: [KEY_ID_AT.from + 1, KEY_ID_AT.length, keyIds],
  })
  return { ...rows[0]!, skewMs: Date.now() - time.now(), freeBytes }
}

/**
 * What an operator should know before it hurts, each with what to do about it.
 *
 * @param serves whether this process answers HTTP
 * @param needed connections that this process opens at most
 */
export function warningsOf(
  facts: Facts,
  config: Config,
  { serves, needed }: { serves: boolean; needed: number },
): string[] {
  return [...databaseWarnings(facts, needed), ...settingWarnings(config, serves)]
}

function databaseWarnings(facts: Facts, needed: number): string[] {
  const found: string[] = []
  if (!facts.fsync)
    found.push('PostgreSQL runs with fsync = off: a power cut can destroy the database. Set fsync = on.')
  if (!facts.fullPageWrites)
    found.push('PostgreSQL runs with full_page_writes = off: a power cut can tear pages. Set full_page_writes = on.')
  if (facts.synchronousCommit === 'off')
    found.push(
      'PostgreSQL runs with synchronous_commit = off: what was acknowledged can be lost, and sent again. Set synchronous_commit = on.',
    )
  if (facts.passesPolicies)
    found.push(
      'The role of DATABASE_URL is a superuser or has BYPASSRLS, so row-level security, the second wall between workspaces, doesn’t bind it. Connect as a plain role that owns the database.',
    )
  if (facts.connectionsLeft < needed)
    found.push(
      `PostgreSQL has room for ${Math.max(0, facts.connectionsLeft)} more connections, and this process opens up to ${needed}. Raise max_connections.`,
    )
  if (Math.abs(facts.skewMs) > MOST_SKEW_MS) {
    const by = `${Math.abs(facts.skewMs / 1000).toFixed(1)} s ${facts.skewMs > 0 ? 'ahead of' : 'behind'}`
    found.push(
      `This machine's clock is ${by} the database's. Times follow the database; set both by NTP, or links and logins expire at the wrong moment.`,
    )
  }
  if (facts.sealedByOthers > 0)
    found.push(
      `${facts.sealedByOthers} stored secrets were sealed with a key that isn't here, so webhooks that use or are signed with them fail. Set the former KANTOS_SECRET_KEY, behind a comma if there is a new one, or put the former secret.key into DATA_DIR. If it is lost, enter the secrets and rotate the signing secret anew.`,
    )
  if (facts.freeBytes !== null && facts.freeBytes < LITTLE_BYTES)
    found.push(
      `Only ${Math.floor(facts.freeBytes / 1024 ** 2)} MB are free in the data folder; below 256 MB nothing is written any more. Make room, or shorten retention in the settings.`,
    )
  return found
}

function settingWarnings(config: Config, serves: boolean): string[] {
  const found: string[] = []
  const { secretKey, databaseUrl, dataDir, host, publicUrl, smtpUrl } = config
  if (databaseUrl !== null && secretKey === null)
    found.push(
      `KANTOS_SECRET_KEY isn't set, so the key that seals secrets is the file secret.key in ${dataDir}. Give all processes of this database the same KANTOS_SECRET_KEY, and keep it apart from its backups.`,
    )
  if (secretKey !== null && isGuessable(secretKey))
    found.push(
      'KANTOS_SECRET_KEY can be guessed. Put a random one in front (openssl rand -base64 32) and leave the old one behind it, so that both open what is stored.',
    )
  if (serves && !(LOCAL.test(host) && LOCAL.test(new URL(publicUrl).hostname))) {
    if (config.apiKey !== null && isGuessable(config.apiKey.slice('kantos_'.length)))
      found.push(
        'KANTOS_API_KEY can be guessed, and opens everything an admin may. Revoke it in the settings, and set a random one: kantos_ and the output of openssl rand -hex 32.',
      )
    if (config.ownerPassword !== null && isGuessable(config.ownerPassword))
      found.push('KANTOS_OWNER_PASSWORD can be guessed. Log in and change it; the setting only counts once.')
  }
  if (serves && !LOCAL.test(host)) {
    if (!publicUrlIsGiven(publicUrl))
      found.push(
        `HOST=${host} answers other machines, and PUBLIC_URL isn't set: links in e-mails lead to localhost, and logins from elsewhere are refused. Set PUBLIC_URL to the address that people use.`,
      )
    else if (publicUrl.startsWith('http:'))
      found.push(
        'PUBLIC_URL begins with http:, so keys and sessions cross the network readable for all. Put a proxy with TLS in front, and set PUBLIC_URL to its https: address.',
      )
  }
  if (smtpUrl !== null && config.mailFrom === DEFAULTS.mailFrom)
    found.push(
      'SMTP_URL is set and MAIL_FROM isn’t: e-mails come from automations@localhost, which mail servers refuse. Set MAIL_FROM to an address of yours.',
    )
  return found
}

function publicUrlIsGiven(publicUrl: string): boolean {
  return !LOCAL.test(new URL(publicUrl).hostname)
}

/** One character over and over, or an example's words. */
function isGuessable(key: string): boolean {
  const text = key.trim().replace(/=+$/, '')
  return (
    new Set(text).size < 4 || /change[-_ ]?me|secret|password|example|kantos|my_first|12345678|abcdefgh/i.test(text)
  )
}
