import type { ObjectAnswer, Run } from '@kantos/model'
import { Anchor, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { ChangesTable } from '../../components/run/changes-table.tsx'
import { CallView } from '../../components/run/call-view.tsx'
import { RuleVerdicts } from '../../components/run/rule-verdicts.tsx'
import { Time } from '../../components/time.tsx'
import { capital, findObject, singular } from '../../lib/objects.ts'
import { duration, timeAgo } from '../../lib/time.ts'
import { actorWords, useUsers } from '../../lib/users.ts'
import { strings } from '../../strings/runs.ts'
import { RunChain } from './run-chain.tsx'
import { RunSteps } from './run-steps.tsx'
import classes from './run-page.module.css'

const words = strings.page

interface RunDetailsProps {
  run: Run
  objects: readonly ObjectAnswer[]
  /** the key of the selected step */
  selectedKey: string | null
  onSelect(node: string | null): void
  nameOf(key: string): string | undefined
}

/** All that is known of a run: what triggered it, each rule, each step, the chain. */
export function RunDetails({ run, objects, selectedKey, onSelect, nameOf }: RunDetailsProps) {
  const object = findObject(objects, run.trigger.object_id ?? '')
  const { rules, match } = run.conditions
  return (
    <div className={classes['details']} role="region" aria-label={words.details} tabIndex={0}>
      <section className={classes['section']}>
        <Facts run={run} />
        {run.mode === 'test' ? (
          <Text size="sm" mt={12}>
            {words.testText}
          </Text>
        ) : null}
        {run.status === 'skipped' && run.error === null ? (
          <Text size="sm" mt={12}>
            {words.skippedText}
          </Text>
        ) : null}
        {run.status === 'blocked' ? (
          <Text size="sm" mt={12}>
            {words.blockedText}
          </Text>
        ) : null}
      </section>
      {run.status === 'blocked' ? <RunChain run={run} /> : null}
      <section className={classes['section']}>
        <Title order={2}>{words.trigger}</Title>
        <TriggerFacts run={run} object={object} />
      </section>
      {rules.length === 0 ? null : (
        <section className={classes['section']}>
          <Title order={2}>{words.conditions}</Title>
          <RuleVerdicts match={match} rules={rules} object={object} />
        </section>
      )}
      {run.status === 'skipped' || (run.status === 'blocked' && run.steps.length === 0) ? null : (
        <section className={classes['section']}>
          <Title order={2}>{words.steps}</Title>
          <RunSteps
            run={run}
            objects={objects}
            object={object}
            selectedKey={selectedKey}
            onSelect={onSelect}
            nameOf={nameOf}
          />
        </section>
      )}
      {run.status === 'blocked' ? null : <RunChain run={run} />}
    </div>
  )
}

function Facts({ run }: { run: Run }) {
  const due = run.status === 'waiting' ? run.steps.findLast(({ resume_at }) => resume_at !== undefined) : undefined
  return (
    <dl className={classes['facts']}>
      <dt>{words.started}</dt>
      <dd>{run.started_at === null ? strings.none : <Time iso={run.started_at} as="full" />}</dd>
      {run.duration_ms === null || run.status === 'skipped' ? null : (
        <>
          <dt>{words.took}</dt>
          <dd className="numbers">{duration(run.duration_ms)}</dd>
        </>
      )}
      {due === undefined ? null : (
        <>
          <dt>{due.status === 'retrying' ? words.nextAttempt : words.resumeAt}</dt>
          <dd>
            <Time iso={due.resume_at!} as="full" />{' '}
            <Text span size="sm" c="dimmed">
              {timeAgo(due.resume_at!)}
              {(due.input as { event?: unknown } | null)?.event === undefined ? '' : `, ${words.atLatest}`}
            </Text>
          </dd>
        </>
      )}
      <dt>{strings.columns.automation}</dt>
      <dd>
        <Anchor component={Link} to={`/automations/${run.automation_id}` as never} size="sm">
          {run.automation_name}
        </Anchor>{' '}
        <Text span size="sm" c="dimmed">
          {words.version(run.version)}
        </Text>
      </dd>
      {run.retry_of === null ? null : (
        <>
          <dt>{words.retryOf}</dt>
          <dd>
            <Anchor component={Link} to={`/runs/${run.retry_of}` as never} size="sm">
              {words.firstTry}
            </Anchor>
          </dd>
        </>
      )}
      <dt>{words.run}</dt>
      <dd>
        <code>{run.id}</code>
      </dd>
    </dl>
  )
}

/** Events that say by themselves where they come from. */
const OWN: ReadonlySet<Run['trigger']['event']> = new Set(['schedule', 'webhook.received', 'manual'])

function TriggerFacts({ run, object }: { run: Run; object: ObjectAnswer | undefined }) {
  const users = useUsers()
  const { event, source, actor, record_id: record, changes, webhook } = run.trigger
  const table = Object.fromEntries(
    Object.entries(changes ?? {}).map(([slug, { from, to }]) => [slug, { before: from, after: to }]),
  )
  return (
    <>
      <Text size="sm">
        {run.trigger.enlistment_id === undefined ? strings.event[event] : strings.enlisted}
        {source === null || OWN.has(event) ? '' : ` ${strings.source[source]}`}
        {actor === null || actor.startsWith('run_') ? '' : `, ${words.by(actorWords(actor, users))}`}
      </Text>
      {record === null ? null : (
        <Anchor component={Link} to={`/records/${record}` as never} size="sm" display="block" mt={4}>
          {object === undefined ? words.records : capital(singular(object.name))}: {run.record_name ?? record}
        </Anchor>
      )}
      {Object.keys(table).length === 0 ? null : (
        <div style={{ marginTop: 12 }}>
          <ChangesTable changes={table} object={object} />
        </div>
      )}
      {webhook === undefined ? null : <CallView call={webhook} />}
    </>
  )
}
