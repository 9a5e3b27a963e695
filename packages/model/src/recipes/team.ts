import { letter, MY_ADDRESS, type Recipe } from './recipe.ts'

/** Recipes about the team's own work, and about other systems. Source: SPEC.md, sections 3 to 7 and 11 */
export const TEAM_RECIPES: readonly Recipe[] = [
  {
    slug: 'overdue-task-reminder',
    name: 'Remind me of overdue tasks',
    description: 'On working days at 8, an e-mail for each open task whose due date has just passed.',
    group: 'Team',
    templates: [
      {
        name: 'A task is overdue',
        subject: 'Overdue: {{record.title}}',
        html: letter(
          'The task <strong>{{record.title}}</strong> was due on {{date_format(record.due_date, "d MMMM yyyy")}}.',
          '{{record.description}}',
        ),
      },
    ],
    automation: {
      name: 'Remind me of overdue tasks',
      description: 'One e-mail a task, on the first working day after it was due.',
      trigger: {
        event: 'schedule',
        cron: '0 8 * * 1-5',
        object: 'obj_def_tasks',
        filters: {
          status: 'open',
          due_date: { $lt: '{{now}}', $gte: "{{date_add(now, date_format(now, 'EEE') == 'Mon' ? -3 : -1, 'days')}}" },
        },
      },
      actions: [
        {
          key: 'remind',
          name: 'Send the reminder',
          type: 'send_email',
          config: { template: 'A task is overdue', to: MY_ADDRESS },
        },
      ],
    },
  },
  {
    slug: 'new-contact-company',
    name: 'Research task for a new company',
    description: 'Puts a research task on the list when a company without a website is created.',
    group: 'Team',
    templates: [],
    automation: {
      name: 'Research task for a new company',
      description: 'Companies without a website get a research task.',
      trigger: { event: 'record.created', object: 'obj_def_companies' },
      conditions: { match: 'all', rules: [{ field: 'website', operator: 'is_empty' }] },
      actions: [
        {
          key: 'research',
          name: 'Create the research task',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_tasks',
            data: {
              title: 'Find the website of {{record.name}}',
              due_date: "{{date_add(now, 3, 'days')}}",
              related_record_id: '{{record.id}}',
            },
          },
        },
      ],
    },
  },
  {
    slug: 'lead-from-web-form',
    name: 'Lead from a web form',
    description: 'Gives you an address for your website’s form: what is sent there becomes a lead.',
    group: 'Connections',
    templates: [],
    adapt: 'Save it, turn it on, and let your form send name, email, company and message to the address it shows.',
    automation: {
      name: 'Lead from a web form',
      description: 'Takes name, email, company and message from a form.',
      trigger: { event: 'webhook.received' },
      conditions: {
        match: 'all',
        rules: [{ field: 'webhook.body.email', operator: 'contains', value: '@' }],
      },
      actions: [
        {
          key: 'lead',
          name: 'Create the lead',
          type: 'create_record',
          config: {
            object_definition_id: 'obj_def_leads',
            data: {
              name: '{{webhook.body.name ?? webhook.body.email}}',
              email: '{{webhook.body.email}}',
              company: '{{webhook.body.company}}',
              source: 'web',
              notes: '{{webhook.body.message}}',
            },
          },
        },
      ],
    },
  },
  {
    slug: 'deal-won-to-chat',
    name: 'Announce a won deal in the team’s chat',
    description: 'Posts a message to Slack, Mattermost, Discord or any other chat with incoming webhooks.',
    group: 'Connections',
    templates: [],
    adapt: 'Put the address of your chat’s incoming webhook into the step, then switch from test mode to live.',
    automation: {
      name: 'Announce a won deal in the team’s chat',
      description: 'In test mode until the address of the chat is filled in: the log shows what would be posted.',
      mode: 'test',
      trigger: { event: 'field.changed', object: 'obj_def_deals', field: 'stage', to: 'Won' },
      actions: [
        {
          key: 'post',
          name: 'Post to the chat',
          type: 'webhook',
          config: {
            url: 'https://hooks.example.com/your-chat',
            method: 'POST',
            body: { text: '🎉 {{record.name}} is won: {{record.deal_value ?? "value not known"}}' },
          },
        },
      ],
    },
  },
]
