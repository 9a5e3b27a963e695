import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { automationSchema, objectSchema, templateSchema } from '@kantos/model'
import type { Hono } from 'hono'
import { API_HEADERS } from './headers.ts'
import type { Api } from './implement.ts'
import { openApiDocument } from './openapi.ts'
import { loadFile, serveFile, type StaticFile } from './static.ts'

const SWAGGER_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Kantos Automations API</title>
<link rel="icon" href="/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`
const START = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null })\n`

/** JSON Schemas of the files that `kantos automations` keeps. */
const FILE_SCHEMAS = { automation: automationSchema, template: templateSchema, object: objectSchema } as const

/** The OpenAPI document, its browsable form, and the schemas of files. None needs a key; they describe, and show no data. */
export function docsRoutes(hono: Hono, api: Api): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const files = new Map<string, StaticFile>()
  let document: string | null = null
  const answer = (type: string, body: string) =>
    new Response(body, { headers: { ...API_HEADERS, 'Content-Type': `${type}; charset=utf-8` } })

  hono.get('/api/openapi.json', () => {
    document ??= JSON.stringify(openApiDocument(api.endpoints.map(({ route }) => route)))
    return answer('application/json', document)
  })
  for (const [name, schema] of Object.entries(FILE_SCHEMAS)) {
    let text: string | null = null
    hono.get(`/api/schemas/${name}.json`, () => {
      text ??= JSON.stringify(schema())
      return answer('application/schema+json', text)
    })
  }
  hono.get('/api/docs', () => answer('text/html', PAGE))
  hono.get('/api/docs/start.js', () => answer('text/javascript', START))
  for (const name of SWAGGER_FILES)
    hono.get(`/api/docs/${name}`, (c) => {
      let file = files.get(name)
      if (file === undefined) files.set(name, (file = loadFile(join(folder, name), false)))
      return serveFile(c, file)
    })
}
