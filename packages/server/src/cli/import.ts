import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ApiError, type ImportAnswer, publicId } from '@kantos/model'
import { objectOf } from '../objects/rows.ts'
import { readCatalogue } from '../records/catalogue.ts'
import { runImport } from '../records/import.ts'
import { cancelImport, readImport, startImport } from '../records/upload.ts'
import { compose } from './compose.ts'
import type { Config } from './config.ts'
import { createProgress } from './terminal/progress.ts'
import { findWorkspace } from './workspaces.ts'

export interface ImportFlags {
  object: string
  map?: string[]
  delimiter?: 'comma' | 'semicolon' | 'tab'
  workspace: string
  json?: boolean
}

const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t' } as const
const LOOK_MS = 200
const ERRORS_SHOWN = 20
/** what made the records, where a user's or a key's id stands otherwise */
const ACTOR = 'system'

/**
 * `kantos import FILE --object leads`: imports in this process, beside a running installation or alone; the automations that
 * the records start run where a worker is. Ctrl-C stops between two rows, and what was imported stays.
 *
 * Exit code 1 when a row failed.
 *
 * @throws Error when the file can't be read, ApiError when its columns match no field
 * Source: SPEC.md, sections 2 and 14
 */
export async function importCommand(config: Config, file: string, flags: ImportFlags): Promise<void> {
  if (file !== '-') await refuseUnreadable(file)
  const { services, stop } = await compose(config, null)
  try {
    const workspaceId = await findWorkspace(services.pool, flags.workspace)
    const object = objectOf(await readCatalogue(services.pool, workspaceId), flags.object)
    const body = Readable.toWeb(file === '-' ? process.stdin : createReadStream(file))
    const request = new Request('http://localhost/', {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: body as never,
      duplex: 'half',
    } as RequestInit)
    const mapping = flags.map === undefined ? undefined : Object.fromEntries(flags.map.map(readMapping))
    const delimiter = flags.delimiter === undefined ? undefined : DELIMITERS[flags.delimiter]
    const uuid = await startImport(services, workspaceId, ACTOR, object, request, { mapping, delimiter })
    const id = publicId('import', uuid)

    const look = async () => (await readImport(services.pool, workspaceId, id))!
    const stopping = new AbortController()
    const cancel = () => {
      stopping.abort()
      cancelImport(services.pool, workspaceId, id).catch(() => {})
    }
    process.on('SIGINT', cancel).on('SIGTERM', cancel)
    const progress = createProgress(process.stderr)
    const looking = setInterval(() => void look().then((now) => progress.show(now.processed, now.total)), LOOK_MS)
    try {
      await runImport(services, workspaceId, uuid, stopping.signal)
    } finally {
      clearInterval(looking)
      progress.clear()
      process.off('SIGINT', cancel).off('SIGTERM', cancel)
    }
    services.wake()
    report(await look(), object.name, flags.json === true)
  } finally {
    await stop()
  }
}

function report(result: ImportAnswer, objectName: string, json: boolean): void {
  const { status, created, failed, errors, error } = result
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    for (const { line, field, message } of errors.slice(0, ERRORS_SHOWN))
      process.stderr.write(`line ${line}: ${field === undefined ? '' : `${field}: `}${message}\n`)
    if (failed > ERRORS_SHOWN) process.stderr.write(`and ${failed - Math.min(ERRORS_SHOWN, errors.length)} more\n`)
    const words = status === 'cancelled' ? 'Stopped: ' : status === 'failed' ? `${error} ` : ''
    process.stdout.write(`${words}${created} imported into ${objectName}, ${failed} failed.\n`)
  }
  if (status === 'cancelled') process.exitCode = 130
  else if (status !== 'done' || failed > 0) process.exitCode = 1
}

/** `Company name=company` → the column and its field; `Notes=` leaves it out */
function readMapping(text: string): [column: string, field: string | null] {
  const at = text.lastIndexOf('=')
  if (at < 1) throw new ApiError('BAD_REQUEST', `--map ${JSON.stringify(text)} must be column=field.`)
  return [text.slice(0, at), text.slice(at + 1) || null]
}

async function refuseUnreadable(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `There is no file ${file}.` : `${file} can't be read: ${error.message}`)
  })
  if (found.isDirectory()) throw new Error(`${file} is a folder.`)
}
