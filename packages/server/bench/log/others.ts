import { publicId, type RecordEvent, type Storage } from '@kantos/model'
import type { Filled } from './fill.ts'
import { print, type Reader, showNumber, showTimes } from './measure.ts'

const AIM_MS = 50

/** The pages beside the log's lists: overview, causes, waits, automations, records and their events. */
export async function measureOthers(reader: Reader, filled: Filled): Promise<void> {
  const automation = publicId('automation', filled.automations[17]!)
  const { data: waits } = await reader.get<{ data: { automation_id: string; record_id: string }[] }>('/waits?limit=1')
  const [wait] = waits
  const busy = publicId('record', '01990000-0000-7000-9000-00000000004d')
  const usual = publicId('record', '01990000-0000-7000-9000-00000000000e')
  const soon = new Date(Date.now() + 40 * 86_400_000).toISOString()
  const late = new Date(Date.now() + 200 * 86_400_000).toISOString()
  const leads = '/crm/records/query?object_id=leads&per_page=25'
  const filtered = (filters: object) => `${leads}&filters=${encodeURIComponent(JSON.stringify(filters))}`
  const paths: Record<string, string> = {
    overview: '/overview',
    'what is stored': '/overview/storage',
    'failures by cause': '/runs/causes',
    'failures by cause, of an automation': `/runs/causes?automation_id=${automation}`,
    waits: '/waits?limit=25',
    'waits for an event': '/waits?limit=25&kind=event',
    'waits before a retry': '/waits?limit=25&kind=retry',
    'waits due in 40 days': `/waits?limit=25&due_before=${soon}`,
    'waits for an event, due in 200 days': `/waits?limit=25&kind=event&due_before=${late}`,
    'waits of an automation': `/waits?limit=25&automation_id=${wait!.automation_id}`,
    'waits of an automation that has none': `/waits?limit=25&automation_id=${automation}`,
    'waits of a record': `/waits?limit=25&record_id=${wait!.record_id}`,
    'waits of a record and an automation': `/waits?limit=25&record_id=${wait!.record_id}&automation_id=${wait!.automation_id}`,
    'automations, 10,000': '/automations?per_page=25',
    'automations, the last page': '/automations?per_page=25&page=400',
    'automations by a word': '/automations?per_page=25&q=automation%209',
    'automations that are active': '/automations?per_page=25&status=active',
    'the events of a record': `/crm/record/${usual}/events`,
    'the events of a busy record': `/crm/record/${busy}/events`,
    'records, the newest': leads,
    'records by an address': filtered({ email: 'lead777@example.com' }),
    'records by an address that none has': filtered({ email: 'nobody@example.com' }),
    'records by three names': filtered({ name: { $in: ['Lead 5', 'Lead 777', 'Lead 199999'] } }),
    'records by a value that many have': filtered({ status: 'new' }),
    'records by a range': filtered({ estimated_value: { $gt: 9_990 } }),
    'records, sorted by a value': `${leads}&sort=estimated_value&order=desc`,
    'records, sorted by a text': `${leads}&sort=name&order=asc`,
    'records, searched': '/crm/records/query?object_id=leads&per_page=25&q=lead777',
  }
  for (const [name, path] of Object.entries(paths)) {
    const many = /range|sorted|records by|searched/.test(name) ? 12 : 40
    const times = await reader.time([path], many)
    print(`${name}, p50, p95, worst`, `${showTimes(times)} ms`, `p95 ≤ ${AIM_MS}`, times.p95 <= AIM_MS)
  }
  const { data: events } = await reader.get<{ data: RecordEvent[] }>(paths['the events of a busy record']!)
  if (events.length === 0) throw new Error('The busy record has no events.')
  const { next_cursor: next } = await reader.get<{ next_cursor: string | null }>(paths.waits!)
  if (next !== null) {
    const times = await reader.time([`${paths.waits}&cursor=${encodeURIComponent(next)}`], 40)
    print('waits, the second page, p50, p95, worst', `${showTimes(times)} ms`, `p95 ≤ ${AIM_MS}`, times.p95 <= AIM_MS)
  }
  await forecast(reader)
}

/** What the settings page says of the sizes, beside which stands what the tables take. */
async function forecast(reader: Reader): Promise<void> {
  const { bytes_each: each, per_day: perDay, forecast_bytes: bytes } = await reader.get<Storage>('/overview/storage')
  for (const kind of ['succeeded', 'failed', 'skipped', 'events'] as const)
    print(`the settings page: bytes each and number a day, ${kind}`, `${each[kind]}, ${showNumber(perDay[kind])}`)
  print('the settings page: forecast', `${showNumber(bytes / 2 ** 20)} MB`)
}
