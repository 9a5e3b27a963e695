import { z } from 'zod'
import { dryRunAnswer, dryRunOn } from './dry-run.ts'
import { route } from './route.ts'

/** Most files of a request, and most characters of one; the request as a whole is at most 16 MiB. */
export const FILES_LIMIT = 5_000
export const FILE_LIMIT = 1024 * 1024

const path = z
  .string()
  .max(200)
  .regex(
    /^(objects|email-templates|automations)\/[^/\\]+\.(ya?ml|json)$/,
    'must be like automations/welcome.yaml; the folders are objects, email-templates and automations',
  )
const files = z
  .array(z.strictObject({ path, text: z.string().max(FILE_LIMIT) }))
  .max(FILES_LIMIT)
  .refine((all) => new Set(all.map((one) => one.path)).size === all.length, 'a path stands twice')

export const FILE_KINDS = ['object', 'template', 'automation'] as const

const change = z.object({
  kind: z.enum(FILE_KINDS),
  key: z.string(),
  name: z.string(),
  action: z.enum(['create', 'update', 'delete']),
  words: z.array(z.string()).describe('what changes, one line each'),
})

/** What applying files would do. */
export const filesPlan = z
  .object({
    changes: z.array(change),
    left: z
      .array(z.object({ kind: z.enum([...FILE_KINDS, 'field']), key: z.string() }))
      .describe('in the workspace and not in the files: it stays, unless `prune` is asked for'),
    problems: z
      .array(z.object({ file: z.string(), line: z.int(), message: z.string(), hint: z.string().optional() }))
      .describe('with any, nothing can be applied'),
  })
  .meta({ id: 'FilesPlan' })
export type FilesPlan = z.infer<typeof filesPlan>

const prune = z.boolean().default(false).describe('delete what the files don’t have')

export const pullFilesRoute = route({
  method: 'post',
  path: '/as-code/pull',
  summary: 'The workspace as files, brought into those that are sent: their comments stay',
  tag: 'As code',
  policy: 'admin',
  body: z.strictObject({ files }),
  status: 200,
  response: z.object({
    files: z.array(
      z.object({
        path: z.string(),
        what: z
          .enum(['written', 'changed', 'same', 'extra'])
          .describe('same: the file says what the workspace says; extra: the workspace has nothing of the kind'),
        text: z.string().nullable().describe('what the file should hold; null: it stays as it is'),
      }),
    ),
  }),
})

export const diffFilesRoute = route({
  method: 'post',
  path: '/as-code/diff',
  summary: 'What applying files would change; nothing is',
  tag: 'As code',
  policy: 'admin',
  body: z.strictObject({ files, prune }),
  status: 200,
  response: filesPlan,
})

export const applyFilesRoute = route({
  method: 'post',
  path: '/as-code/apply',
  summary: 'Make the workspace what the files say: all of it, or nothing',
  tag: 'As code',
  policy: 'admin',
  body: z.strictObject({
    files,
    prune,
    changes: z
      .array(change)
      .nullable()
      .default(null)
      .describe('those of the plan that was agreed to; when there are others by now, the answer is 409. null: any'),
  }),
  status: 200,
  response: filesPlan,
})

export const tryFileRoute = route({
  method: 'post',
  path: '/as-code/dry-run',
  summary: 'Try the automation of a file: nothing is written or sent',
  tag: 'As code',
  policy: 'viewer',
  body: z.strictObject({
    path: z.string().min(1).max(200).describe('what problems of the file are told under'),
    text: z.string().max(FILE_LIMIT).describe('the file: YAML or JSON'),
    ...dryRunOn,
  }),
  status: 200,
  response: dryRunAnswer,
})
