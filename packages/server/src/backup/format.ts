/**
 * A backup is gzipped text, a line each:
 *
 * - the first is the header (`BackupHeader`);
 * - per table, in an order that suits references: `{"table": "records", "columns": [...]}`, then each row as an array of
 *   texts as PostgreSQL writes them (null for null), then `{"end": "records", "rows": 12, "sha256": "..."}`, the hash over
 *   the rows' lines with their line feeds;
 * - the last is `{"done": true, "sha256": "..."}`, over all lines before it. A file without it is cut off.
 *
 * `zcat FILE | jq -c .` reads it without us.
 */
export const FORMAT = 'kantos-backup'
export const FORMAT_VERSION = 1

export interface BackupHeader {
  format: typeof FORMAT
  version: number
  /** ISO */
  made_at: string
  /** those that were applied; the restoring program needs the same files */
  migrations: { name: string; checksum: string }[]
  /** UTC months that had partitions: `2026-11` */
  months: string[]
  /** ids of the keys that open what is sealed, hexadecimal */
  key_ids: string[]
  /** the keys themselves, base64; only with `--with-key` */
  keys?: string[]
}

export interface TableLine {
  table: string
  columns: string[]
}

export interface EndLine {
  end: string
  rows: number
  sha256: string
}

export interface DoneLine {
  done: true
  sha256: string
}

export type Row = (string | null)[]

/**
 * What isn't kept: who works at the moment, and what would let somebody in again whose session or link ended after the
 * backup was made.
 */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  'migrations',
  'workers',
  'sessions',
  'setup_tokens',
  'login_tries',
])

/** A backup that can't be restored as it is. The message says why, and what to do. */
export class BackupError extends Error {
  override name = 'BackupError'
}
