import { errorAnswer, type Route } from '@kantos/model'
import { z } from 'zod'

type Json = Record<string, unknown>

const STATUS_TEXT: Record<number, string> = { 200: 'Done', 201: 'Created', 202: 'Accepted', 204: 'Done; no body' }

/**
 * The OpenAPI 3.1 document of the routes, made from the schemas that check the requests.
 *
 * Source: SPEC.md, section 12
 */
export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {}
  const schemas: Json = {}
  shape(errorAnswer, 'output', schemas)
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route, schemas)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kantos Automations',
      version: '1.0.0',
      description:
        'Errors are `{error, code, status, details?}`. Every POST takes an `Idempotency-Key`: a repeat gets the first answer.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api' }],
    security: [{ apiKey: [] }, { bearer: [] }, { session: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'kantos_session' },
      },
    },
  }
}

function operation(route: Route, schemas: Json): Json {
  const made: Json = {
    operationId: `${route.method}${route.path.replace(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: route.summary,
    tags: [route.tag.charAt(0).toUpperCase() + route.tag.slice(1)],
    parameters: parameters(route, schemas),
    responses: responses(route, schemas),
  }
  if (route.policy === 'public') made.security = []
  else made.description = `Needs the role ${route.policy}${route.intake === true ? ', or an intake key' : ''}.`
  if (route.body !== undefined)
    made.requestBody = {
      required: !route.body.safeParse(undefined).success,
      content: { 'application/json': { schema: shape(route.body, 'input', schemas) } },
    }
  else if (route.raw === true && route.method !== 'get') made.requestBody = { content: { '*/*': {} } }
  return made
}

function parameters(route: Route, schemas: Json): Json[] {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const inPath = properties(route.params, schemas)
  const query = properties(route.query, schemas)
  return [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: inPath.find(([known]) => known === name)?.[1] ?? { type: 'string' },
    })),
    ...query.map(([name, schema, required]) => ({ name, in: 'query', required, schema })),
    ...(route.method === 'post' && route.policy !== 'public'
      ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } }]
      : []),
  ]
}

function properties(
  schema: z.ZodType | undefined,
  schemas: Json,
): [name: string, schema: unknown, required: boolean][] {
  if (schema === undefined) return []
  const made = shape(schema, 'input', schemas) as { properties?: Json; required?: string[] }
  return Object.entries(made.properties ?? {}).map(([name, value]) => [
    name,
    value,
    made.required?.includes(name) ?? false,
  ])
}

function responses(route: Route, schemas: Json): Json {
  const success: Json = { description: STATUS_TEXT[route.status]! }
  if (route.response !== null)
    success.content = { 'application/json': { schema: shape(route.response, 'output', schemas) } }
  return {
    [route.status]: success,
    default: {
      description: 'An error',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  }
}

/** A schema, with what has a name moved to the components. */
function shape(schema: z.ZodType, io: 'input' | 'output', schemas: Json): unknown {
  const {
    $schema: _,
    $defs,
    ...made
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    cycles: 'ref',
    reused: 'inline',
  }) as Json
  for (const [name, definition] of Object.entries(($defs as Json | undefined) ?? {})) schemas[name] = relink(definition)
  return relink(made)
}

/** `#/$defs/User` → `#/components/schemas/User` */
function relink(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relink)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string'
        ? [key, inner.replace('#/$defs/', '#/components/schemas/')]
        : [key, relink(inner)],
    ),
  )
}
