import { z } from 'zod'
import { fieldInput, fieldOf, RESERVED_SLUGS, SLUG_LIMIT, SLUG_PATTERN } from './field.ts'
import type { Field, FieldInput } from './field.ts'

export { objectSlug } from './object-slug.ts'

/** An object in memory; its id is `obj_` + slug. Treat it as immutable: what is derived from it is cached. Source: SPEC.md, section 2 */
export interface ObjectDefinition {
  slug: string
  name: string
  icon: string
  description: string | null
  standard: boolean
  fields: Field[]
}

/** An object as it is given to be created; unknown keys are refused. Source: SPEC.md, sections 2 and 12 */
export const objectInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  slug: z
    .string()
    .max(SLUG_LIMIT)
    .regex(SLUG_PATTERN, 'a slug has lower-case letters, digits and _, and begins with a letter')
    .refine((slug) => !RESERVED_SLUGS.has(slug), 'this slug is reserved')
    .refine((slug) => !/^(?:obj|def)_/.test(slug), 'a slug can’t begin with obj_ or def_, which begin ids')
    .optional(),
  icon: z.string().trim().min(1).max(50).optional(),
  description: z.string().max(2000).nullish(),
  fields: z.array(fieldInput).max(500).optional(),
})
export type ObjectInput = z.infer<typeof objectInput>

/** What of an object can change later: everything but its slug. Source: SPEC-DETAILS.md, section 2 */
export const objectPatch = objectInput.omit({ slug: true, fields: true }).partial()
export type ObjectPatch = z.infer<typeof objectPatch>

/** The id of an object. Source: SPEC.md, section 2 */
export function objectId(slug: string): string {
  return `obj_${slug}`
}

/** An object that a new workspace has; its fields get their ids when the workspace is made. */
export interface ObjectTemplate {
  readonly slug: string
  readonly name: string
  readonly icon: string
  readonly description: string
  readonly fields: readonly FieldInput[]
}

const text = (slug: string, name: string, required = false): FieldInput => ({ slug, name, type: 'text', required })
const plain = (slug: string, name: string, type: FieldInput['type']): FieldInput => ({ slug, name, type })
const status = (slug: string, name: string, stages: string[], default_value?: string): FieldInput => ({
  slug,
  name,
  type: 'status',
  options: { stages },
  ...(default_value === undefined ? {} : { default_value }),
})
const reference = (slug: string, name: string, object: string): FieldInput => ({
  slug,
  name,
  type: 'reference',
  options: { object },
})

/** The objects of a new workspace, in the order of the sidebar. Source: SPEC-DETAILS.md, section 2 */
export const STANDARD_OBJECTS: readonly ObjectTemplate[] = [
  {
    slug: 'leads',
    name: 'Leads',
    icon: 'user-plus',
    description: 'People and companies that may become customers',
    fields: [
      text('name', 'Name', true),
      plain('email', 'Email', 'email'),
      plain('phone', 'Phone', 'phone'),
      text('company', 'Company'),
      status('status', 'Status', ['new', 'contacted', 'qualified', 'unqualified', 'converted'], 'new'),
      {
        slug: 'source',
        name: 'Source',
        type: 'dropdown',
        options: { choices: ['website', 'referral', 'event', 'web', 'api', 'other'] },
      },
      plain('estimated_value', 'Estimated value', 'currency'),
      plain('score', 'Score', 'number'),
      plain('follow_up_count', 'Follow-up count', 'number'),
      plain('last_contacted_at', 'Last contacted at', 'datetime'),
      plain('owner', 'Owner', 'user'),
      plain('notes', 'Notes', 'long_text'),
    ],
  },
  {
    slug: 'contacts',
    name: 'Contacts',
    icon: 'address-book',
    description: 'People you are in touch with',
    fields: [
      text('name', 'Name', true),
      plain('email', 'Email', 'email'),
      plain('phone', 'Phone', 'phone'),
      reference('company', 'Company', 'companies'),
      status('status', 'Status', ['active', 'inactive']),
    ],
  },
  {
    slug: 'companies',
    name: 'Companies',
    icon: 'building',
    description: 'Organisations that your contacts and deals belong to',
    fields: [
      text('name', 'Name', true),
      plain('website', 'Website', 'url'),
      text('industry', 'Industry'),
      text('size', 'Size'),
      plain('address', 'Address', 'long_text'),
    ],
  },
  {
    slug: 'deals',
    name: 'Deals',
    icon: 'briefcase',
    description: 'Sales under way, by stage',
    fields: [
      text('name', 'Name', true),
      plain('deal_value', 'Value', 'currency'),
      status('stage', 'Stage', ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost'], 'Lead'),
      plain('close_date', 'Close date', 'date'),
      reference('contact', 'Contact', 'contacts'),
      reference('company', 'Company', 'companies'),
      plain('owner', 'Owner', 'user'),
    ],
  },
  {
    slug: 'tasks',
    name: 'Tasks',
    icon: 'checklist',
    description: 'Things to do, with a due date and an assignee',
    fields: [
      text('title', 'Title', true),
      status('status', 'Status', ['open', 'done'], 'open'),
      plain('due_date', 'Due date', 'datetime'),
      plain('assignee', 'Assignee', 'user'),
      text('related_record_id', 'Related record'),
      plain('description', 'Description', 'long_text'),
    ],
  },
]

/**
 * A standard object with ids for its fields.
 *
 * @param template one of STANDARD_OBJECTS
 * @param fieldId gives each field its id; by default `fld_<object>_<field>`, which is stable but not an id of the database
 * @throws Error if the template holds a field that isn't valid
 */
export function objectFromTemplate(
  template: ObjectTemplate,
  fieldId: (slug: string) => string = (slug) => `fld_${template.slug}_${slug}`,
): ObjectDefinition {
  const fields = template.fields.map((input, position) => {
    const made = fieldOf(input, { id: fieldId(input.slug ?? ''), position })
    if ('errors' in made) throw new Error(`${template.slug}.${input.slug}: ${made.errors[0]!.message}`)
    return made.field
  })
  const { slug, name, icon, description } = template
  return { slug, name, icon, description, standard: true, fields }
}
