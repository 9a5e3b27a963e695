import { type Action, SLUG_PATTERN } from '@kantos/model'
import { Button, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconCornerDownRight } from '@tabler/icons-react'
import { useState } from 'react'
import { ACTION_FORMS } from '../../../actions/index.ts'
import { Disclosure } from '../../../components/disclosure.tsx'
import { useEditor, useProblem } from '../../../components/editor/context.tsx'
import { armNode, ERROR_ARM, errorPathOf } from '../../../components/flow/structure.ts'
import { strings } from '../../../strings/builder.ts'

const words = strings.step

interface StepFormProps {
  action: Action
  onChange(change: (action: Action) => Action, tag?: string): void
  onRename(key: string): void
  isTaken(key: string): boolean
  onSelect(node: string): void
}

/** A step: its action's own form, then what all steps have. */
export function StepForm({ action, onChange, onRename, isTaken, onSelect }: StepFormProps) {
  const { readOnly } = useEditor()
  const own = useProblem('')
  const nameProblem = useProblem('/name')
  const Form = ACTION_FORMS[action.type]
  const set = (name: string, value: unknown): void =>
    onChange(({ config, ...rest }) => {
      const { [name]: _, ...others } = config
      return { ...rest, config: value === undefined ? others : { ...config, [name]: value } }
    }, `${action.key}.${name}`)
  return (
    <Stack gap="md">
      {own === undefined ? null : (
        <Text size="sm" c="var(--mantine-color-error)">
          {own}
        </Text>
      )}
      <Form
        action={action}
        config={action.config}
        set={set}
        replace={(config) => onChange((now) => ({ ...now, config }))}
        onSelect={onSelect}
      />
      <OnError action={action} onChange={onChange} onSelect={onSelect} />
      <Disclosure label={words.more} forced={nameProblem !== undefined}>
        <TextInput
          label={words.name}
          value={action.name ?? ''}
          disabled={readOnly}
          error={nameProblem}
          onChange={(event) => {
            const name = event.currentTarget.value
            onChange(({ name: _, ...rest }) => (name === '' ? rest : { ...rest, name }), `${action.key}.name`)
          }}
        />
        <KeyInput key={action.key} action={action} onRename={onRename} isTaken={isTaken} />
      </Disclosure>
    </Stack>
  )
}

/** What the run does when the step fails. */
function OnError({ action, onChange, onSelect }: Pick<StepFormProps, 'action' | 'onChange' | 'onSelect'>) {
  const { readOnly } = useEditor()
  const problem = useProblem('/on_error')
  const value = errorPathOf(action) === null ? (action.on_error ?? 'stop') : 'path'
  const choose = (next: string | null): void =>
    onChange(({ on_error: _, ...rest }) => {
      if (next === 'path') return { ...rest, on_error: { actions: [] } }
      return next === 'continue' ? { ...rest, on_error: 'continue' } : rest
    })
  return (
    <div>
      <Select
        label={words.onError}
        data={Object.entries(words.onErrors).map(([value, label]) => ({ value, label }))}
        value={value as string}
        onChange={choose}
        allowDeselect={false}
        disabled={readOnly}
        error={problem}
        wrapperProps={{ 'data-path': '/on_error' }}
      />
      {value === 'path' ? (
        <Button
          variant="default"
          size="xs"
          mt={8}
          leftSection={<IconCornerDownRight size={14} aria-hidden />}
          onClick={() => onSelect(armNode(action.key, ERROR_ARM))}
        >
          {words.toErrorPath}
        </Button>
      ) : null}
    </div>
  )
}

function KeyInput({ action, onRename, isTaken }: Pick<StepFormProps, 'action' | 'onRename' | 'isTaken'>) {
  const { readOnly } = useEditor()
  const [key, setKey] = useState(action.key)
  const problem =
    key === action.key ? undefined : !SLUG_PATTERN.test(key) ? words.keyBad : isTaken(key) ? words.keyTaken : undefined
  const commit = (): void => {
    if (problem === undefined && key !== action.key) onRename(key)
    else setKey(action.key)
  }
  return (
    <TextInput
      label={words.key}
      description={words.keyHint(action.key)}
      value={key}
      error={problem}
      disabled={readOnly}
      onChange={(event) => setKey(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  )
}
