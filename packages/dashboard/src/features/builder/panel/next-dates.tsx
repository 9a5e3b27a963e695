import {
  type DateTrigger,
  isTimezone,
  nextReached,
  type ObjectAnswer,
  offsetMs,
  queryRecordsRoute,
  type RecordAnswer,
} from '@kantos/model'
import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { zonedTime } from '../../../lib/business-hours.ts'
import { call } from '../../../lib/client.ts'
import { keys } from '../../../lib/query-keys.ts'
import { recordTitle } from '../../../lib/record-title.ts'
import { useSettings } from '../../../lib/settings.ts'
import { strings } from '../../../strings/builder.ts'
import classes from './forms.module.css'

const words = strings.trigger.date
const READ = 100
const SHOWN = 5
const DAY_MS = 86_400_000
/** More than an offset's calendar months differ from its length, and any zone from UTC. */
const MARGIN_MS = 4 * DAY_MS

/** Which records it would run for next. */
export function NextDates({ trigger, object }: { trigger: DateTrigger; object: ObjectAnswer }) {
  const zone = trigger.timezone ?? useSettings().default_timezone
  const { field, yearly } = trigger
  const type = object.fields.find(({ slug }) => slug === field)?.type
  const since = new Date(Date.now() - offsetMs(trigger.offset ?? { amount: 0, unit: 'days' }) - MARGIN_MS)
  const first = type === 'date' || Number.isNaN(since.getTime()) ? isoDay(since) : `${isoDay(since)}T00:00:00Z`
  const filters = JSON.stringify({ [field]: yearly === true ? { $empty: false } : { $gte: first } })
  const query = { object_id: object.slug, filters, sort: field, order: 'asc' as const, per_page: READ }
  const found = useQuery({
    queryKey: keys.records(object.slug, { dates: query }),
    queryFn: ({ signal }) => call(queryRecordsRoute, { query }, { signal }),
    staleTime: 60_000,
    retry: false,
  })
  if (found.data === undefined || !isTimezone(zone)) return null
  // the dates of other years don't stand in the order in which they come again
  if (yearly === true && found.data.pagination.total > READ) return null
  const next = found.data.data
    .flatMap((record) => dueOf(record, trigger, zone))
    .toSorted((a, b) => a.dueAt - b.dueAt)
    .slice(0, SHOWN)
  return (
    <>
      <Text size="xs" c="dimmed" mt={4}>
        {next.length === 0 ? words.none(object.name) : words.next}
      </Text>
      <ol className={`numbers ${classes['due']}`}>
        {next.map(({ record, dueAt }) => (
          <li key={record.id}>
            <Anchor component={Link} to={`/records/${record.id}` as never} size="sm" className="truncate">
              {recordTitle(record, object)}
            </Anchor>
            <time dateTime={new Date(dueAt).toISOString()}>{zonedTime(dueAt, zone)}</time>
          </li>
        ))}
      </ol>
    </>
  )
}

function isoDay(at: Date): string {
  return Number.isNaN(at.getTime()) ? '0001-01-01' : at.toISOString().slice(0, 10)
}

function dueOf(record: RecordAnswer, trigger: DateTrigger, zone: string): { record: RecordAnswer; dueAt: number }[] {
  const due = nextReached(trigger, zone, record.field_values[trigger.field], Date.now())
  return due === null ? [] : [{ record, dueAt: due.dueAt }]
}
