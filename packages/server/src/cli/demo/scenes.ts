import { type Client, createRecordRoute, type RecordAnswer, updateRecordRoute } from '@kantos/model'

/** Something that happens in the demo, and how many runs come of it. */
export interface Scene {
  title: string
  /** what a person or a program does, as it is shown */
  call: string
  runs: number
  act(): Promise<unknown>
}

/**
 * What happens: a lead over the API, one that the conditions leave out, two deals that are won, and a form on a web site.
 *
 * @param formUrl the URL of the automation *Web form*
 */
export function demoScenes(client: Client, formUrl: string): Scene[] {
  const create = async (object: string, values: Record<string, unknown>) =>
    (await client.call(createRecordRoute, { body: { object_id: object, field_values: values } })) as RecordAnswer
  const winDeal = async (values: Record<string, unknown>) => {
    const { id } = await create('deals', { stage: 'Proposal', ...values })
    await client.call(updateRecordRoute, { params: { id }, body: { field_values: { stage: 'Won' } } })
  }
  return [
    {
      title: 'A new lead comes in',
      call: 'POST /api/crm/record  leads: Ada Lovelace, ada@example.com, 12000',
      runs: 1,
      act: () =>
        create('leads', {
          name: 'Ada Lovelace',
          email: 'ada@example.com',
          company: 'Analytical Engines',
          estimated_value: 12_000,
        }),
    },
    {
      title: 'Another one is qualified already: nothing to do, and the log says why',
      call: 'POST /api/crm/record  leads: Charles Babbage, status qualified',
      runs: 1,
      act: () => create('leads', { name: 'Charles Babbage', email: 'charles@example.com', status: 'qualified' }),
    },
    {
      title: 'A large deal is won',
      call: 'PATCH /api/crm/record/rec_…  stage: Proposal → Won',
      runs: 1,
      act: () => winDeal({ name: 'Difference Engine No. 2', deal_value: 48_000 }),
    },
    {
      title: 'A small deal is won: the other branch',
      call: 'PATCH /api/crm/record/rec_…  stage: Proposal → Won',
      runs: 1,
      act: () => winDeal({ name: 'Punched cards', deal_value: 900 }),
    },
    {
      title: 'Somebody fills in the form on the web site: one automation starts another',
      call: `POST ${new URL(formUrl).pathname.replace(/[0-9a-f]{24}\//, '…/').replace(/[0-9a-f]{26}$/, '…')}  name=Alan Turing`,
      runs: 2,
      act: () => submitForm(formUrl, { name: ' Alan Turing ', email: 'Alan@Example.com', company: 'Bletchley Park' }),
    },
  ]
}

async function submitForm(url: string, fields: Record<string, string>): Promise<void> {
  const target = Object.assign(new URL(url), { hostname: '127.0.0.1' })
  const response = await fetch(target, { method: 'POST', body: new URLSearchParams(fields) })
  if (response.status !== 202) throw new Error(`The web form was answered ${response.status}: ${await response.text()}`)
}
