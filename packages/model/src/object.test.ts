import { expect, test } from 'vitest'
import { objectFromTemplate, objectInput, objectSlug, STANDARD_OBJECTS } from './object.ts'

test('an object has one slug, however it is named', () => {
  expect(['obj_def_leads', 'obj_leads', 'leads'].map(objectSlug)).toEqual(['leads', 'leads', 'leads'])
})

test('the standard objects and their fields are these', () => {
  const listed = STANDARD_OBJECTS.map((template) => {
    const { slug, fields } = objectFromTemplate(template)
    return `${slug}: ${fields.map((field) => `${field.slug}${field.required ? '*' : ''} ${field.type}`).join(', ')}`
  })
  expect(listed).toEqual([
    'leads: name* text, email email, phone phone, company text, status status, source dropdown, estimated_value currency, score number, follow_up_count number, last_contacted_at datetime, owner user, notes long_text',
    'contacts: name* text, email email, phone phone, company reference, status status',
    'companies: name* text, website url, industry text, size text, address long_text',
    'deals: name* text, deal_value currency, stage status, close_date date, contact reference, company reference, owner user',
    'tasks: title* text, status status, due_date datetime, assignee user, related_record_id text, description long_text',
  ])
})

test('leads begin as new, deals as Lead, tasks as open', () => {
  const defaults = STANDARD_OBJECTS.flatMap((template) => objectFromTemplate(template).fields)
    .filter((field) => field.default_value !== null)
    .map((field) => [field.id, field.default_value])
  expect(defaults).toEqual([
    ['fld_leads_status', 'new'],
    ['fld_deals_stage', 'Lead'],
    ['fld_tasks_status', 'open'],
  ])
})

test('a slug that reads like an id is refused', () => {
  expect(objectInput.safeParse({ name: 'X', slug: 'def_leads' }).success).toBe(false)
  expect(objectInput.safeParse({ name: 'X', slug: 'obj_leads' }).success).toBe(false)
  expect(objectInput.safeParse({ name: 'X', slug: 'projects', fields: [{ name: 'A', type: 'text' }] }).success).toBe(
    true,
  )
})
