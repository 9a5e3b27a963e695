import { Select, Text } from '@mantine/core'
import { useState } from 'react'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { TemplateField } from '../components/template/template-field.tsx'
import { OffsetInput } from '../components/values/offset-input.tsx'
import { OFFSET_UNITS, type OffsetUnit, readUntil, untilText } from '../lib/until-date.ts'
import { strings } from '../strings/actions.ts'

const words = strings.wait
const OWN = '='

/** A date of the record, so much before or after it; or an expression of one's own. */
export function UntilInput({ value, onChange }: { value: string; onChange(text: string): void }) {
  const { names, readOnly } = useEditor()
  const problem = useProblem('/config/until')
  const date = readUntil(value)
  const dates = names.filter(({ type, path }) => (type === 'date' || type === 'datetime') && /^[a-z][\w.]*$/.test(path))
  const isKnown = date !== null && dates.some(({ path }) => path === date.path)
  const [wantsOwn, setWantsOwn] = useState(value !== '' && !isKnown)
  const own = wantsOwn || (value !== '' && !isKnown)
  const sections = [...new Set(dates.map(({ section }) => section))]
  const data = [
    ...sections.map((group) => ({
      group,
      items: dates.filter(({ section }) => section === group).map(({ path, label }) => ({ value: path, label })),
    })),
    { group: ' ', items: [{ value: OWN, label: words.ownDate }] },
  ]
  const set = (change: Partial<{ path: string; amount: number; unit: OffsetUnit }>): void =>
    onChange(untilText({ path: '', amount: 0, unit: 'days', ...date, ...change }))
  return (
    <>
      <Select
        label={words.until}
        data={data}
        value={own ? OWN : (date?.path ?? null)}
        onChange={(path) => {
          setWantsOwn(path === OWN)
          if (path !== null && path !== OWN) set({ path })
        }}
        placeholder={words.chooseDate}
        searchable
        allowDeselect={false}
        disabled={readOnly}
        error={own ? undefined : problem}
        wrapperProps={{ 'data-path': own ? undefined : '/config/until' }}
        withAsterisk
      />
      {own ? (
        <TemplateField
          label={words.ownDate}
          value={value}
          onChange={onChange}
          path="/config/until"
          placeholder={words.untilPlaceholder}
        />
      ) : null}
      {own || date === null ? null : (
        <OffsetInput<OffsetUnit> amount={date.amount} unit={date.unit} units={OFFSET_UNITS} onChange={set} />
      )}
      <Text size="xs" c="dimmed">
        {words.untilHint}
      </Text>
    </>
  )
}
