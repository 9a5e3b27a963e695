import { ActionIcon, Button, Group, Pill, Stack, Switch, Text, TextInput, Title } from '@mantine/core'
import type { Settings, Weekday } from '@kantos/model'
import { IconPlus, IconX } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '../../../components/states.tsx'
import { useCan } from '../../../lib/session.ts'
import { dayWords } from '../../../lib/time.ts'
import { settingsStrings } from '../../../strings/settings.ts'
import { Section } from '../section.tsx'
import { ZoneSelect } from '../zone-select.tsx'
import { useSaveSettings, useSettings } from '../use-settings.ts'
import { closingOf, type Days, likeMonday, sameDays, toInput, WEEK, withHours, withMore, withOpen } from './hours.ts'
import classes from './hours.module.css'

const words = settingsStrings.hours

/** When the workspace is open, for waits that keep to it. Source: docs/waits.md */
export default function HoursSection() {
  const found = useSettings()
  return (
    <Section title={settingsStrings.sections['business-hours']} intro={words.intro} query={found}>
      {found.data !== undefined && <Form stored={found.data} />}
    </Section>
  )
}

function Form({ stored }: { stored: Settings }) {
  const admin = useCan('admin')
  const [draft, setDraft] = useState(stored.business_hours)
  const save = useSaveSettings((answer) => setDraft(answer.business_hours))
  const { business_hours: known, default_timezone: zone } = stored
  const dirty =
    draft.timezone !== known.timezone ||
    JSON.stringify(draft.holidays) !== JSON.stringify(known.holidays) ||
    !sameDays(draft.days, known.days)
  const setDays = (days: Days): void => setDraft({ ...draft, days })
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        save.mutate({ business_hours: draft })
      }}
    >
      <Stack gap="xl">
        <ZoneSelect
          label={words.zone}
          readOnly={!admin}
          value={draft.timezone}
          byDefault={words.zoneDefault(zone)}
          onChange={(timezone) => setDraft({ ...draft, timezone })}
        />
        <section>
          <Title order={3} mb="xs">
            {words.week}
          </Title>
          <div className={classes['week']}>
            {WEEK.map((day) => (
              <Day key={day} day={day} days={draft.days} editable={admin} onChange={setDays} />
            ))}
          </div>
          {admin && draft.days.mon !== undefined && (
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              mt="xs"
              onClick={() => setDays(likeMonday(draft.days))}
            >
              {words.toAll}
            </Button>
          )}
        </section>
        <Holidays
          dates={draft.holidays}
          editable={admin}
          onChange={(holidays) => setDraft({ ...draft, holidays: [...holidays] })}
        />
        <ErrorNote error={save.error} />
        {admin && (
          <div>
            <Button type="submit" loading={save.isPending} disabled={!dirty}>
              {settingsStrings.save}
            </Button>
          </div>
        )}
      </Stack>
    </form>
  )
}

interface DayProps {
  day: Weekday
  days: Days
  editable: boolean
  onChange(days: Days): void
}

function Day({ day, days, editable, onChange }: DayProps) {
  const name = words.days[day]
  const hours = days[day] ?? []
  const change = (at: number, part: 0 | 1, time: string): void =>
    onChange(
      withHours(
        days,
        day,
        hours.map(([from, to], index) => (index !== at ? [from, to] : part === 0 ? [time, to] : [from, time])),
      ),
    )
  return (
    <div className={classes['day']} role="group" aria-label={name}>
      <Switch
        label={name}
        aria-label={words.isOpen(name)}
        disabled={!editable}
        checked={hours.length > 0}
        onChange={(event) => onChange(withOpen(days, day, event.currentTarget.checked))}
      />
      <div className={classes['hours']}>
        {hours.length === 0 && (
          <Text size="sm" c="dimmed">
            {words.closed}
          </Text>
        )}
        {hours.map(([from, to], index) => (
          <Group key={index} gap={8} wrap="nowrap">
            <TextInput
              type="time"
              aria-label={words.from(name)}
              readOnly={!editable}
              value={from}
              required
              onChange={(event) => change(index, 0, event.currentTarget.value)}
            />
            <Text size="sm" c="dimmed">
              {words.until}
            </Text>
            <TextInput
              type="time"
              aria-label={words.to(name)}
              readOnly={!editable}
              value={toInput(to)}
              required
              onChange={(event) => change(index, 1, closingOf(event.currentTarget.value))}
            />
            {editable && hours.length > 1 && (
              <ActionIcon
                aria-label={words.remove(name)}
                onClick={() =>
                  onChange(
                    withHours(
                      days,
                      day,
                      hours.filter((_, at) => at !== index),
                    ),
                  )
                }
              >
                <IconX size={16} aria-hidden />
              </ActionIcon>
            )}
            {editable && index === hours.length - 1 && hours.length < 10 && to !== '24:00' && (
              <ActionIcon aria-label={words.add(name)} onClick={() => onChange(withMore(days, day))}>
                <IconPlus size={16} aria-hidden />
              </ActionIcon>
            )}
          </Group>
        ))}
      </div>
    </div>
  )
}

interface HolidaysProps {
  /** `YYYY-MM-DD` */
  dates: readonly string[]
  editable: boolean
  onChange(dates: readonly string[]): void
}

function Holidays({ dates, editable, onChange }: HolidaysProps) {
  const [date, setDate] = useState('')
  const add = (): void => {
    if (date === '') return
    onChange([...new Set([...dates, date])].sort())
    setDate('')
  }
  return (
    <section>
      <Title order={3}>{words.holidays}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {words.holidaysText}
      </Text>
      <Group gap={8} mb="sm">
        {dates.length === 0 && <Text size="sm">{words.noHolidays}</Text>}
        {dates.map((one) => (
          <Pill
            key={one}
            size="md"
            withRemoveButton={editable}
            onRemove={() => onChange(dates.filter((other) => other !== one))}
            removeButtonProps={{
              'aria-label': words.removeHoliday(dayWords(one)),
              'aria-hidden': false,
              tabIndex: 0,
            }}
          >
            {dayWords(one)}
          </Pill>
        ))}
      </Group>
      {editable && (
        <Group gap={8} align="flex-end">
          <TextInput
            type="date"
            aria-label={words.holiday}
            value={date}
            onChange={(event) => setDate(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              // the form around it would be saved
              event.preventDefault()
              add()
            }}
          />
          <Button variant="default" disabled={date === ''} onClick={add}>
            {words.addHoliday}
          </Button>
        </Group>
      )}
    </section>
  )
}
