import { Button, NumberInput, Select, Stack, Switch, TagsInput, Text, Title } from '@mantine/core'
import { readSettings, type Settings, updateSettings } from '@kantos/model'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { fieldErrors } from '../../lib/error-words.ts'
import { notifyDone } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { useCan } from '../../lib/session.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section } from './section.tsx'
import classes from './settings.module.css'
import { HoldSection } from './hold-section.tsx'

const words = settingsStrings.workspace

/** Time zone, retention, loop guard, alerts. Source: SPEC.md, sections 9 and 10 */
export default function WorkspaceSection() {
  const found = useQuery({
    queryKey: keys.settings,
    queryFn: ({ signal }) => call(readSettings, undefined, { signal }),
  })
  return (
    <Section title={settingsStrings.sections.workspace} query={found}>
      {found.data !== undefined && <Form stored={found.data} />}
    </Section>
  )
}

function Form({ stored }: { stored: Settings }) {
  const queryClient = useQueryClient()
  const admin = useCan('admin')
  const [draft, setDraft] = useState(stored)
  const save = useMutation({
    mutationFn: () => call(updateSettings, { body: draft }),
    onSuccess: (answer) => {
      queryClient.setQueryData(keys.settings, answer)
      setDraft(answer)
      notifyDone(settingsStrings.saved)
    },
  })
  const errors = fieldErrors(save.error)
  const dirty = JSON.stringify(draft) !== JSON.stringify(queryClient.getQueryData(keys.settings) ?? stored)

  function figures<K extends 'retention' | 'loop_limits'>(part: K, suffix?: string) {
    return Object.entries(draft[part]).map(([name, value]) => (
      <NumberInput
        key={name}
        label={words[name as keyof Settings[K] & keyof typeof words]}
        suffix={suffix}
        min={1}
        allowDecimal={false}
        allowNegative={false}
        thousandSeparator=","
        readOnly={!admin}
        hideControls
        value={value}
        error={errors[name]}
        onChange={(next) => setDraft({ ...draft, [part]: { ...draft[part], [name]: Number(next) } })}
      />
    ))
  }

  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Stack gap="xl">
        <Select
          label={words.timezone}
          searchable
          allowDeselect={false}
          limit={100}
          readOnly={!admin}
          maw={320}
          value={draft.default_timezone}
          data={['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]}
          onChange={(zone) => zone !== null && setDraft({ ...draft, default_timezone: zone })}
        />
        <Figures title={words.retention} text={words.retentionText}>
          {figures('retention', ` ${words.days}`)}
        </Figures>
        <Figures title={words.loop} text={words.loopText}>
          {figures('loop_limits')}
        </Figures>
        <section>
          <Title order={3} mb="xs">
            {words.alerts}
          </Title>
          <Stack>
            <Switch
              label={words.alertsOn}
              disabled={!admin}
              checked={draft.failure_alerts.enabled}
              onChange={(event) =>
                setDraft({
                  ...draft,
                  failure_alerts: { ...draft.failure_alerts, enabled: event.currentTarget.checked },
                })
              }
            />
            <TagsInput
              label={words.emails}
              description={words.emailsHint}
              readOnly={!admin}
              maxTags={20}
              error={errors['emails']}
              value={draft.failure_alerts.emails}
              onChange={(emails) => setDraft({ ...draft, failure_alerts: { ...draft.failure_alerts, emails } })}
            />
          </Stack>
        </section>
        <ErrorNote error={save.error} />
        {admin && (
          <div>
            <Button type="submit" loading={save.isPending} disabled={!dirty}>
              {settingsStrings.save}
            </Button>
          </div>
        )}
        {admin && <HoldSection />}
      </Stack>
    </form>
  )
}

function Figures({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3}>{title}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {text}
      </Text>
      <div className={classes.numbers}>{children}</div>
    </section>
  )
}
