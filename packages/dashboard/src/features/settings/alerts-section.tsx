import { Button, NumberInput, Stack, Switch, TagsInput, Text, TextInput, Title } from '@mantine/core'
import type { Settings } from '@kantos/model'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { fieldErrors } from '../../lib/error-words.ts'
import { useCan } from '../../lib/session.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section } from './section.tsx'
import { TestAlert } from './test-alert.tsx'
import { useSaveSettings, useSettings } from './use-settings.ts'

const words = settingsStrings.alerts

/** Who is told of failures, and what else is watched. Source: docs/health.md */
export default function AlertsSection() {
  const found = useSettings()
  return (
    <Section title={settingsStrings.sections.alerts} intro={words.intro} query={found}>
      {found.data !== undefined && <Form stored={found.data} />}
    </Section>
  )
}

function partOf({ failure_alerts, auto_pause, silence_watch }: Settings) {
  return { failure_alerts, auto_pause, silence_watch }
}

function Form({ stored }: { stored: Settings }) {
  const admin = useCan('admin')
  const [draft, setDraft] = useState(() => partOf(stored))
  const save = useSaveSettings((answer) => setDraft(partOf(answer)))
  const errors = fieldErrors(save.error)
  const changed = JSON.stringify(draft) !== JSON.stringify(partOf(stored))
  const { failure_alerts: alerts, auto_pause: pause, silence_watch: silence } = draft
  const setAlerts = (part: Partial<typeof alerts>) => setDraft({ ...draft, failure_alerts: { ...alerts, ...part } })
  const setPause = (part: Partial<typeof pause>) => setDraft({ ...draft, auto_pause: { ...pause, ...part } })
  const setSilence = (part: Partial<typeof silence>) => setDraft({ ...draft, silence_watch: { ...silence, ...part } })
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        save.mutate(draft)
      }}
    >
      <Stack gap="xl" maw={560}>
        <Part title={words.failures}>
          <Switch
            label={words.on}
            disabled={!admin}
            checked={alerts.enabled}
            onChange={(event) => setAlerts({ enabled: event.currentTarget.checked })}
          />
          <TagsInput
            label={words.emails}
            description={words.emailsHint}
            readOnly={!admin}
            disabled={!alerts.enabled}
            maxTags={20}
            error={errors['emails']}
            value={alerts.emails}
            onChange={(emails) => setAlerts({ emails })}
          />
          <TextInput
            label={words.webhook}
            description={admin || alerts.webhook === null ? words.webhookHint : words.webhookHidden}
            type={admin ? 'url' : 'text'}
            readOnly={!admin}
            disabled={!alerts.enabled}
            error={errors['webhook']}
            value={alerts.webhook ?? ''}
            onChange={(event) => {
              const url = event.currentTarget.value.trim()
              setAlerts({ webhook: url === '' ? null : url })
            }}
          />
          {admin && <TestAlert unsaved={changed} />}
        </Part>
        <Part title={words.pause}>
          <Switch
            label={words.pauseOn}
            disabled={!admin}
            checked={pause.enabled}
            onChange={(event) => setPause({ enabled: event.currentTarget.checked })}
          />
          <Count
            label={words.pauseAfter}
            least={2}
            error={errors['after']}
            readOnly={!admin}
            disabled={!pause.enabled}
            value={pause.after}
            onChange={(after) => setPause({ after })}
          />
        </Part>
        <Part title={words.silence} text={words.silenceText}>
          <Switch
            label={words.silenceOn}
            disabled={!admin}
            checked={silence.enabled}
            onChange={(event) => setSilence({ enabled: event.currentTarget.checked })}
          />
          <Count
            label={words.silenceAfter}
            least={2}
            error={errors['after_hours']}
            readOnly={!admin}
            disabled={!silence.enabled}
            value={silence.after_hours}
            onChange={(hours) => setSilence({ after_hours: hours })}
          />
        </Part>
        <ErrorNote error={save.error} />
        {admin && (
          <div>
            <Button type="submit" loading={save.isPending} disabled={!changed}>
              {settingsStrings.save}
            </Button>
          </div>
        )}
      </Stack>
    </form>
  )
}

function Part({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} mb={text === undefined ? 'xs' : 0}>
        {title}
      </Title>
      {text !== undefined && (
        <Text size="sm" c="dimmed" mb="sm">
          {text}
        </Text>
      )}
      <Stack>{children}</Stack>
    </section>
  )
}

interface CountProps {
  label: string
  least: number
  error: string | undefined
  readOnly: boolean
  disabled: boolean
  value: number
  onChange(value: number): void
}

function Count({ least, onChange, ...input }: CountProps) {
  return (
    <NumberInput
      {...input}
      min={least}
      allowDecimal={false}
      allowNegative={false}
      hideControls
      maw={320}
      onChange={(next) => onChange(Number(next))}
    />
  )
}
