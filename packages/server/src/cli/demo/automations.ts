/** What the demo sets up, as `POST /email-templates` and `POST /automations` take it. */
export const WELCOME_TEMPLATE = {
  name: 'Welcome',
  subject: 'Welcome, {{ record.name }}',
  html: [
    '<p>Hello {{ record.name }},</p>',
    '<p>thank you for your interest{{ record.company ? " at " + record.company : "" }}. ',
    '{{ variables.sender }} will call you before {{ date_format(date_add(now, 2, "days"), "EEEE, d MMMM") }}.</p>',
    '<p>Kantos</p>',
  ].join('\n'),
}

/** Welcomes each new lead: an e-mail, a date and a number on the record, and a webhook. */
export function welcomeLead(templateId: string, webhookUrl: string) {
  return {
    name: 'Welcome a lead',
    status: 'active' as const,
    trigger: { event: 'record.created' as const, object: 'leads' },
    conditions: {
      match: 'all' as const,
      rules: [
        { field: 'status', operator: 'equals' as const, value: 'new' },
        { field: 'email', operator: 'is_not_empty' as const },
      ],
    },
    actions: [
      {
        type: 'send_email',
        key: 'welcome',
        config: { template_id: templateId, to: '{{ record.email }}', variables: { sender: 'Grace' } },
      },
      {
        type: 'update_record',
        key: 'note_contact',
        config: {
          fields: {
            status: 'contacted',
            last_contacted_at: '{{ now }}',
            follow_up_count: '{{ record.follow_up_count + 1 }}',
          },
        },
      },
      {
        type: 'webhook',
        key: 'tell_sales',
        config: {
          url: `${webhookUrl}/sales`,
          body: { text: 'New lead: {{ record.name }}', value: '{{ record.estimated_value }}', lead: '{{ record.id }}' },
        },
      },
    ],
  }
}

/** When a deal is won, a large one gets a person's attention, a small one a line by e-mail. */
export function dealWon(webhookUrl: string) {
  return {
    name: 'A deal is won',
    status: 'active' as const,
    trigger: { event: 'field.changed' as const, object: 'deals', field: 'stage', to: 'Won' },
    actions: [
      {
        type: 'branch',
        key: 'by_value',
        config: {
          conditions: [
            {
              if: { field: 'deal_value', operator: 'greater_or_equal', value: 10_000 },
              then: [
                {
                  type: 'create_record',
                  key: 'call',
                  config: {
                    object_definition_id: 'tasks',
                    data: {
                      title: 'Call and thank: {{ record.name }}',
                      due_date: '{{ date_add(now, 1, "days") }}',
                      related_record_id: '{{ record.id }}',
                    },
                  },
                },
                { type: 'webhook', key: 'ring_the_bell', config: { url: `${webhookUrl}/bell` } },
              ],
            },
            {
              else: [
                {
                  type: 'send_email',
                  key: 'tell_team',
                  config: {
                    to: 'sales@example.com',
                    subject: 'Won: {{ record.name }}',
                    body: 'It was {{ previous.stage }} and is worth {{ record.deal_value }}.',
                  },
                },
              ],
            },
          ],
        },
      },
    ],
  }
}

/** The web site's form calls a URL; what it sends becomes a lead, which starts the welcome. */
export const WEB_FORM = {
  name: 'Web form',
  status: 'active' as const,
  trigger: { event: 'webhook.received' as const },
  conditions: {
    match: 'all' as const,
    rules: [{ field: 'webhook.body.email', operator: 'contains' as const, value: '@' }],
  },
  actions: [
    {
      type: 'create_record',
      key: 'lead',
      config: {
        object_definition_id: 'leads',
        data: {
          name: '{{ trim(webhook.body.name) }}',
          email: '{{ lower(webhook.body.email) }}',
          company: '{{ webhook.body.company }}',
          source: 'website',
        },
      },
    },
  ],
}
