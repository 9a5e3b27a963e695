import {
  ApiError,
  cancelImportRoute,
  exportRecordsRoute,
  getImportRoute,
  importRecordsRoute,
  listImportsRoute,
  objectSlug,
  previewImportRoute,
  publicId,
} from '@kantos/model'
import { ReadableStream } from 'node:stream/web'
import { IMPORT_CHORE } from '../../chores/import.ts'
import { forecastImport } from '../../dry-run/import-forecast.ts'
import { objectOf } from '../../objects/rows.ts'
import { readCatalogue } from '../../records/catalogue.ts'
import type { Delimiter } from '../../records/csv/file.ts'
import { exportCsv } from '../../records/export.ts'
import { checkedFilters } from '../../records/query.ts'
import {
  cancelImport,
  listImports,
  previewImport,
  readImport,
  startImport,
  type UploadOptions,
} from '../../records/upload.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'
import { readJsonParameter } from '../json-parameter.ts'

/** CSV in and out. Source: SPEC.md, sections 2 and 12 */
export function importRoutes(api: Api, services: Services): void {
  const { pool } = services

  api.handle(importRecordsRoute, async ({ query, principal, context }) => {
    const { workspaceId, actor } = principal
    const object = objectOf(await readCatalogue(pool, workspaceId), query.object_id)
    const importId = await startImport(services, workspaceId, actor, object, context.request, optionsOf(query))
    await services.chores.send(IMPORT_CHORE, { workspaceId, importId })
    return { id: publicId('import', importId) }
  })

  api.handle(previewImportRoute, async ({ query, principal, context }) => {
    const { workspaceId } = principal
    const object = objectOf(await readCatalogue(pool, workspaceId), query.object_id)
    const preview = await previewImport(services, object, context.request, optionsOf(query))
    const { delimiter, columns, rows } = preview
    const total = Math.max(preview.total, query.total ?? 0)
    return { delimiter, columns, rows, total, ...(await forecastImport(services, principal, object, preview, total)) }
  })

  api.handle(getImportRoute, async ({ params, principal }) => {
    const found = await readImport(pool, principal.workspaceId, params.id)
    if (found === null) throw new ApiError('NOT_FOUND', 'There is no such import.')
    return found
  })

  api.handle(cancelImportRoute, async ({ params, principal }) => {
    const cancelled = await cancelImport(pool, principal.workspaceId, params.id)
    if (cancelled === null) throw new ApiError('NOT_FOUND', 'There is no such import.')
    return cancelled
  })

  api.handle(listImportsRoute, async ({ query, principal }) => {
    const object = query.object_id === undefined ? null : objectSlug(query.object_id)
    return { data: await listImports(pool, principal.workspaceId, object) }
  })

  api.handle(exportRecordsRoute, async ({ query, principal }) => {
    const object = objectOf(await readCatalogue(pool, principal.workspaceId), query.object_id)
    const filters = readJsonParameter(query.filters, 'filters')
    if (filters !== undefined) checkedFilters(object, filters)
    return csvAnswer(exportCsv(pool, principal.workspaceId, object, filters), `${object.slug}.csv`)
  })
}

function optionsOf(query: { mapping?: string; delimiter?: ',' | ';' | '\t' | 'tab' }): UploadOptions {
  const delimiter: Delimiter | undefined = query.delimiter === 'tab' ? '\t' : query.delimiter
  return { mapping: readJsonParameter(query.mapping, 'mapping'), delimiter }
}

function csvAnswer(lines: AsyncGenerator<string>, name: string): Response {
  const encoder = new TextEncoder()
  const body = ReadableStream.from(
    (async function* () {
      for await (const text of lines) yield encoder.encode(text)
    })(),
  )
  return new Response(body as unknown as globalThis.ReadableStream, {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="${name}"`,
    },
  })
}
