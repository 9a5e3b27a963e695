import { letter, MY_ADDRESS, type Recipe } from './recipe.ts'

/** Recipes about sales under way. Source: SPEC.md, sections 3 to 7 */
export const DEAL_RECIPES: readonly Recipe[] = [
  {
    slug: 'stage-change-notice',
    name: 'Tell me when a deal changes its stage',
    description: 'An e-mail with the old and the new stage each time a deal moves.',
    group: 'Deals',
    templates: [
      {
        name: 'A deal changed its stage',
        subject: '{{record.name}}: {{previous.stage}} → {{record.stage}}',
        html: letter(
          'The deal <strong>{{record.name}}</strong> moved from {{previous.stage}} to <strong>{{record.stage}}</strong>.',
          'Value: {{record.deal_value ?? "not known yet"}}. Changed by {{user.name ?? "an automation"}}.',
        ),
      },
    ],
    automation: {
      name: 'Tell me when a deal changes its stage',
      description: 'A notice for each move of a deal.',
      trigger: { event: 'field.changed', object: 'obj_def_deals', field: 'stage' },
      actions: [
        {
          key: 'notice',
          name: 'Send the notice',
          type: 'send_email',
          config: { template: 'A deal changed its stage', to: MY_ADDRESS },
        },
      ],
    },
  },
  {
    slug: 'high-value-alert',
    name: 'Alert on a high-value deal',
    description:
      'Tells the owner at once when a deal worth 10,000 or more is created, you if it has none, and puts a task on the list.',
    group: 'Deals',
    templates: [],
    adapt: 'Choose the amount that counts as high for you.',
    automation: {
      name: 'Alert on a high-value deal',
      description: 'Nobody overlooks a deal worth 10,000 or more.',
      trigger: { event: 'record.created', object: 'obj_def_deals' },
      conditions: { match: 'all', rules: [{ field: 'deal_value', operator: 'greater_or_equal', value: 10_000 }] },
      actions: [
        {
          key: 'alert',
          name: 'Send the alert',
          type: 'send_email',
          config: {
            to: `{{record.owner.email ?? "${MY_ADDRESS}"}}`,
            subject: 'High value: {{record.name}} ({{record.deal_value}})',
            body: 'A deal worth {{record.deal_value}} was created: {{record.name}}, stage {{record.stage}}.',
          },
        },
        {
          key: 'task',
          name: 'Create a task',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_tasks',
            data: {
              title: 'Review the deal {{record.name}}',
              assignee: '{{record.owner}}',
              due_date: "{{date_add(now, 1, 'days')}}",
              related_record_id: '{{record.id}}',
            },
          },
        },
      ],
    },
  },
  {
    slug: 'task-on-deal-won',
    name: 'Plan the kick-off when a deal is won',
    description: 'Creates a kick-off task for the owner, due in two days, when a deal is won.',
    group: 'Deals',
    templates: [],
    automation: {
      name: 'Plan the kick-off when a deal is won',
      description: 'A kick-off task for each deal won.',
      trigger: { event: 'field.changed', object: 'obj_def_deals', field: 'stage', to: 'Won' },
      actions: [
        {
          key: 'kick_off',
          name: 'Create the kick-off task',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_tasks',
            data: {
              title: 'Kick-off with {{record.name}}',
              assignee: '{{record.owner}}',
              due_date: "{{date_add(now, 2, 'days')}}",
              related_record_id: '{{record.id}}',
              description: 'Won at {{record.deal_value ?? "an unknown value"}} on {{date_format(now, "yyyy-MM-dd")}}.',
            },
          },
        },
      ],
    },
  },
  {
    slug: 'stale-deals-digest',
    name: 'Weekly digest of stale deals',
    description:
      'Each Monday, lists a task for every open deal untouched for two weeks, and tells you how many there are.',
    group: 'Deals',
    templates: [
      {
        name: 'Stale deals',
        subject: '{{count}} deals need attention',
        html: letter(
          'Good morning,',
          '<strong>{{count}}</strong> open deals haven’t been touched for two weeks. The one that has waited longest is <strong>{{oldest}}</strong>.',
          'There is a task for each of them on your list.',
        ),
      },
    ],
    automation: {
      name: 'Weekly digest of stale deals',
      description: 'Open deals untouched for two weeks, each Monday at 8.',
      trigger: { event: 'schedule', cron: '0 8 * * 1' },
      actions: [
        {
          key: 'stale',
          name: 'Find stale deals',
          type: 'find_records',
          config: {
            object: 'obj_def_deals',
            filters: {
              stage: { $in: ['Lead', 'Qualified', 'Proposal'] },
              updated_at: { $lt: "{{date_add(now, -14, 'days')}}" },
            },
            sort: 'updated_at',
            limit: 200,
          },
        },
        {
          key: 'any',
          name: 'Are there any?',
          type: 'branch',
          config: {
            conditions: [
              {
                if: { field: 'steps.stale.count', operator: 'greater_than', value: 0 },
                then: [
                  {
                    key: 'each_deal',
                    name: 'For each deal',
                    type: 'for_each',
                    config: {
                      items: '{{steps.stale.records}}',
                      actions: [
                        {
                          key: 'task',
                          name: 'Create a task',
                          type: 'create_record',
                          config: {
                            object_definition_id: 'obj_def_tasks',
                            data: {
                              title: 'Move {{item.name}} forward, or close it',
                              assignee: '{{item.owner}}',
                              due_date: "{{date_add(now, 5, 'days')}}",
                              related_record_id: '{{item.id}}',
                            },
                          },
                        },
                      ],
                    },
                  },
                  {
                    key: 'digest',
                    name: 'Send the digest',
                    type: 'send_email',
                    config: {
                      template: 'Stale deals',
                      to: MY_ADDRESS,
                      variables: { count: '{{steps.stale.count}}', oldest: '{{steps.stale.first.name}}' },
                    },
                  },
                ],
              },
              { else: [{ key: 'none', name: 'Stop', type: 'stop', config: { reason: 'No deal is stale.' } }] },
            ],
          },
        },
      ],
    },
  },
  {
    slug: 'renewal-reminder',
    name: 'Renewal reminder',
    description: 'Thirty days before a won deal turns one year old, puts its renewal on the owner’s list.',
    group: 'Deals',
    templates: [],
    automation: {
      name: 'Renewal reminder',
      description: 'A task 335 days after the close date of a won deal.',
      trigger: {
        event: 'schedule',
        cron: '0 7 * * *',
        object: 'obj_def_deals',
        filters: { stage: 'Won', close_date: "{{date_add(today, -335, 'days')}}" },
      },
      actions: [
        {
          key: 'renewal',
          name: 'Create the renewal task',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_tasks',
            data: {
              title: 'Renew {{record.name}}',
              assignee: '{{record.owner}}',
              due_date: "{{date_add(now, 30, 'days')}}",
              related_record_id: '{{record.id}}',
              description: 'Closed on {{record.close_date}} at {{record.deal_value}}.',
            },
          },
        },
      ],
    },
  },
]
