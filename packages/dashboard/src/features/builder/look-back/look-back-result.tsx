import type { BacktestResult, Group, Operator } from '@kantos/model'
import { Anchor, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEditor } from '../../../components/editor/context.tsx'
import { ruleWords } from '../../../components/flow/words.ts'
import { Time } from '../../../components/time.tsx'
import { dayWords, number } from '../../../lib/time.ts'
import { strings } from '../../../strings/builder.ts'
import parts from '../panel/parts.module.css'
import classes from './look-back.module.css'
import { everyDay } from './times.ts'
import { ruleAt, worstRule } from './worst-rule.ts'

const words = strings.lookBack
const RECORDS = 10
const percent = (part: number, whole: number): string => `${whole === 0 ? 0 : (part / whole) * 100}%`

interface LookBackResultProps {
  result: BacktestResult
  /** what was judged */
  conditions: Group
}

/** What a look back found: how many, kept out by which rule, on which days, for which records. */
export function LookBackResult({ result, conditions }: LookBackResultProps) {
  const { scanned, would_run: runs, not_enrolled: left, days, records } = result
  return (
    <Stack gap="lg" aria-live="polite">
      <div>
        <Text fw={600} className="numbers">
          {words.wouldRun(runs, scanned, number)}
        </Text>
        {left === 0 ? null : (
          <Text size="sm" c="dimmed">
            {words.notEnrolled(left, number)}
          </Text>
        )}
      </div>
      {result.complete ? null : (
        <p className={parts['assumed']} data-tone="bad">
          {words.cut} {result.why}
        </p>
      )}
      {result.rules.length === 0 || result.matched === 0 ? null : <Rules result={result} conditions={conditions} />}
      {runs === 0 ? null : <Days days={everyDay(result.from, result.to, days)} runs={runs} />}
      {records.length === 0 ? null : (
        <section>
          <Title order={3} size="h3" mb={8}>
            {words.records}
          </Title>
          <ul className={classes['records']}>
            {records.slice(0, RECORDS).map(({ record_id: id, name, event_id: event, at }) => (
              <li key={event}>
                <Anchor component={Link} to={`/records/${id}` as never} size="sm" className="truncate">
                  {name ?? id}
                </Anchor>
                <Text size="xs" c="dimmed" component="span">
                  <Time iso={at} />
                </Text>
              </li>
            ))}
          </ul>
          {runs > RECORDS ? (
            <Text size="xs" c="dimmed" mt={4}>
              {words.more(number(runs - Math.min(RECORDS, records.length)))}
            </Text>
          ) : null}
        </section>
      )}
      {result.notes.map((note) => (
        <p key={note} className={parts['assumed']}>
          {note}
        </p>
      ))}
    </Stack>
  )
}

/** Each rule with how often it held; the one that keeps most out is marked. */
function Rules({ result, conditions }: LookBackResultProps) {
  const { object } = useEditor()
  const worst = worstRule(result, conditions)
  return (
    <section>
      <Title order={3} size="h3" mb={8}>
        {words.rules}
      </Title>
      <ul className={classes['rules']}>
        {result.rules.map(({ path, field, operator, held, failed }) => {
          const isWorst = path === worst
          return (
            <li key={path}>
              <Text size="sm" fw={isWorst ? 600 : 400} component="span" display="block">
                {ruleWords(ruleAt(conditions, path) ?? { field, operator: operator as Operator }, object)}
              </Text>
              <span className={classes['bar']} aria-hidden>
                <span className={classes['held']} style={{ width: percent(held, held + failed) }} />
              </span>
              <Text size="xs" c="dimmed" component="span" className="numbers">
                {words.verdicts(number(held), number(failed))}
                {isWorst ? ` · ${words.worst}` : ''}
              </Text>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Days({ days, runs }: { days: readonly { date: string; runs: number }[]; runs: number }) {
  const most = Math.max(1, ...days.map((day) => day.runs))
  const label = words.byDay(
    number(runs),
    days.filter((day) => day.runs > 0).map((day) => `${dayWords(day.date)}: ${number(day.runs)}`),
  )
  return (
    <section>
      <Title order={3} size="h3" mb={8}>
        {words.days}
      </Title>
      <div className={classes['days']} role="img" aria-label={label}>
        {days.map((day) => (
          <span
            key={day.date}
            title={`${dayWords(day.date)}: ${number(day.runs)}`}
            data-none={day.runs === 0 || undefined}
            style={{ height: `max(2px, ${percent(day.runs, most)})` }}
          />
        ))}
      </div>
      <div className={classes['ends']} aria-hidden>
        <span>{dayWords(days[0]?.date ?? '')}</span>
        <span>{dayWords(days.at(-1)?.date ?? '')}</span>
      </div>
    </section>
  )
}
