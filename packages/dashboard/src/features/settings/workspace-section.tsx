import { Button, NumberInput, Stack, Text, Title } from '@mantine/core'
import type { Settings } from '@kantos/model'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ErrorNote } from '../../components/states.tsx'
import { fieldErrors } from '../../lib/error-words.ts'
import { useCan } from '../../lib/session.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section } from './section.tsx'
import classes from './settings.module.css'
import { HoldSection } from './hold-section.tsx'
import { useSaveSettings, useSettings } from './use-settings.ts'
import { ZoneSelect } from './zone-select.tsx'

const words = settingsStrings.workspace

/** What this section changes; the rest of the settings isn't sent. */
function partOf({ default_timezone, retention, loop_limits }: Settings) {
  return { default_timezone, retention, loop_limits }
}

/** Time zone, retention, loop guard, hold. Source: SPEC.md, sections 9 and 10 */
export default function WorkspaceSection() {
  const found = useSettings()
  return (
    <Section title={settingsStrings.sections.workspace} query={found}>
      {found.data !== undefined && <Form stored={found.data} />}
    </Section>
  )
}

function Form({ stored }: { stored: Settings }) {
  const admin = useCan('admin')
  const [draft, setDraft] = useState(() => partOf(stored))
  const save = useSaveSettings((answer) => setDraft(partOf(answer)))
  const errors = fieldErrors(save.error)
  const dirty = JSON.stringify(draft) !== JSON.stringify(partOf(stored))

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
        save.mutate(draft)
      }}
    >
      <Stack gap="xl">
        <ZoneSelect
          label={words.timezone}
          readOnly={!admin}
          value={draft.default_timezone}
          onChange={(zone) => zone !== null && setDraft({ ...draft, default_timezone: zone })}
        />
        <Figures title={words.retention} text={words.retentionText}>
          {figures('retention', ` ${words.days}`)}
        </Figures>
        <Figures title={words.loop} text={words.loopText}>
          {figures('loop_limits')}
        </Figures>
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
