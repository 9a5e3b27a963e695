import { letter, type Recipe } from './recipe.ts'

/** Recipes about people who may become customers. Source: SPEC.md, sections 3 to 7 */
export const LEAD_RECIPES: readonly Recipe[] = [
  {
    slug: 'welcome-new-lead',
    name: 'Welcome a new lead',
    description: 'Sends a welcome e-mail when a lead with an address is created, and notes when it was contacted.',
    group: 'Leads',
    templates: [
      {
        name: 'Welcome a new lead',
        subject: 'Welcome, {{record.name}}',
        html: letter(
          'Hello {{record.name}},',
          'thank you for your interest{{record.company ? " on behalf of " + record.company : ""}}. One of us will be in touch within a working day.',
          'If there is anything you’d like to tell us beforehand, just answer this e-mail.',
          'Kind regards',
        ),
      },
    ],
    automation: {
      name: 'Welcome a new lead',
      description: 'A welcome e-mail for every new lead that has an address.',
      trigger: { event: 'record.created', object: 'obj_def_leads' },
      conditions: { match: 'all', rules: [{ field: 'email', operator: 'is_not_empty' }] },
      actions: [
        {
          key: 'welcome',
          name: 'Send the welcome e-mail',
          type: 'send_email',
          config: { template: 'Welcome a new lead', to: '{{record.email}}' },
        },
        {
          key: 'contacted',
          name: 'Note when it was contacted',
          type: 'update_record',
          config: { fields: { last_contacted_at: '{{now}}' } },
        },
      ],
    },
  },
  {
    slug: 'follow-up-after-three-days',
    name: 'Follow up after three days without an answer',
    description: 'Waits three days; if the lead is still new, sends a reminder and counts it.',
    group: 'Leads',
    templates: [
      {
        name: 'Friendly reminder',
        subject: 'Still interested, {{record.name}}?',
        html: letter(
          'Hello {{record.name}},',
          'a few days ago you got in touch with us. Is now a good time to talk?',
          'A short answer is enough, and we’ll find a time that suits you.',
          'Kind regards',
        ),
      },
    ],
    automation: {
      name: 'Follow up after three days without an answer',
      description: 'A reminder for leads that are still new after three days.',
      trigger: { event: 'record.created', object: 'obj_def_leads' },
      conditions: { match: 'all', rules: [{ field: 'email', operator: 'is_not_empty' }] },
      actions: [
        { key: 'pause', name: 'Wait three days', type: 'wait', config: { duration: 3, unit: 'days' } },
        {
          key: 'still_new',
          name: 'Is it still new?',
          type: 'branch',
          config: {
            conditions: [
              {
                if: { field: 'status', operator: 'equals', value: 'new' },
                then: [
                  {
                    key: 'reminder',
                    name: 'Send the reminder',
                    type: 'send_email',
                    config: { template: 'Friendly reminder', to: '{{record.email}}' },
                  },
                  {
                    key: 'count',
                    name: 'Count the follow-up',
                    type: 'update_record',
                    config: {
                      fields: { follow_up_count: '{{record.follow_up_count + 1}}', last_contacted_at: '{{now}}' },
                    },
                  },
                ],
              },
              {
                else: [
                  { key: 'answered', name: 'Stop', type: 'stop', config: { reason: 'The lead is no longer new.' } },
                ],
              },
            ],
          },
        },
      ],
    },
  },
  {
    slug: 're-engage-quiet-leads',
    name: 'Re-engage quiet leads',
    description: 'Each morning, writes to leads that nobody has been in contact with for exactly 30 days.',
    group: 'Leads',
    templates: [
      {
        name: 'It has been a while',
        subject: 'It has been a while, {{record.name}}',
        html: letter(
          'Hello {{record.name}},',
          'we last spoke on {{date_format(record.last_contacted_at, "d MMMM yyyy")}}. A lot has happened since, and we’d love to show you.',
          'Would a short call next week suit you?',
          'Kind regards',
        ),
      },
    ],
    automation: {
      name: 'Re-engage quiet leads',
      description: 'Writes to contacted leads after 30 quiet days.',
      trigger: {
        event: 'schedule',
        cron: '0 9 * * *',
        object: 'obj_def_leads',
        filters: {
          status: 'contacted',
          email: { $empty: false },
          last_contacted_at: { $gte: "{{date_add(now, -31, 'days')}}", $lt: "{{date_add(now, -30, 'days')}}" },
        },
      },
      actions: [
        {
          key: 'write',
          name: 'Write to the lead',
          type: 'send_email',
          config: { template: 'It has been a while', to: '{{record.email}}' },
        },
        {
          key: 'count',
          name: 'Count the follow-up',
          type: 'update_record',
          config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}', last_contacted_at: '{{now}}' } },
        },
      ],
    },
  },
  {
    slug: 'convert-qualified-lead',
    name: 'Turn a qualified lead into a contact and a deal',
    description: 'When a lead becomes qualified, creates the contact and a deal for it.',
    group: 'Leads',
    templates: [],
    automation: {
      name: 'Turn a qualified lead into a contact and a deal',
      description: 'Creates the contact and the deal when a lead becomes qualified.',
      trigger: { event: 'field.changed', object: 'obj_def_leads', field: 'status', to: 'qualified' },
      actions: [
        {
          key: 'contact',
          name: 'Create the contact',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_contacts',
            data: {
              name: '{{record.name}}',
              email: '{{record.email}}',
              phone: '{{record.phone}}',
              status: 'active',
            },
          },
        },
        {
          key: 'deal',
          name: 'Create the deal',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_deals',
            data: {
              name: '{{record.company ?? record.name}}',
              deal_value: '{{record.estimated_value}}',
              stage: 'Qualified',
              contact: '{{steps.contact.id}}',
              owner: '{{record.owner}}',
            },
          },
        },
      ],
    },
  },
  {
    slug: 'owner-hand-over',
    name: 'Hand over when the owner changes',
    description: 'Gives the new owner of a lead a task with what they need to know, and tells them by e-mail.',
    group: 'Leads',
    templates: [],
    automation: {
      name: 'Hand over when the owner changes',
      description: 'A task and an e-mail for the new owner of a lead.',
      trigger: { event: 'field.changed', object: 'obj_def_leads', field: 'owner' },
      conditions: { match: 'all', rules: [{ field: 'owner', operator: 'is_not_empty' }] },
      actions: [
        {
          key: 'task',
          name: 'Create the task',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_tasks',
            data: {
              title: 'Take over {{record.name}}',
              assignee: '{{record.owner}}',
              due_date: "{{date_add(now, 1, 'days')}}",
              related_record_id: '{{record.id}}',
              description:
                'Status: {{record.status}}. Follow-ups so far: {{record.follow_up_count ?? 0}}. {{record.notes}}',
            },
          },
        },
        {
          key: 'tell',
          name: 'Tell the new owner',
          type: 'send_email',
          config: {
            to: '{{record.owner.email}}',
            subject: '{{record.name}} is yours now',
            body: 'Hello {{record.owner.name}}, the lead {{record.name}} was handed over to you by {{user.name ?? "an automation"}}. There is a task on your list.',
          },
        },
      ],
    },
  },
  {
    slug: 'clean-up-deleted-lead',
    name: 'Clean up after a deleted lead',
    description: 'Deletes the open tasks that belong to a lead when the lead is deleted.',
    group: 'Leads',
    templates: [],
    automation: {
      name: 'Clean up after a deleted lead',
      description: 'No tasks are left behind when a lead is deleted.',
      trigger: { event: 'record.deleted', object: 'obj_def_leads' },
      actions: [
        {
          key: 'tasks',
          name: 'Find its open tasks',
          type: 'find_records',
          config: {
            object: 'obj_def_tasks',
            filters: { related_record_id: '{{record.id}}', status: 'open' },
            limit: 500,
          },
        },
        {
          key: 'each_task',
          name: 'For each task',
          type: 'for_each',
          config: {
            items: '{{steps.tasks.records}}',
            actions: [
              {
                key: 'delete_task',
                name: 'Delete the task',
                type: 'delete_record',
                config: { record_id: '{{item.id}}' },
              },
            ],
          },
        },
      ],
    },
  },
]
