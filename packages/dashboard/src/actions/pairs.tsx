import { ActionIcon, Button, Group, Input, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useEditor } from '../components/editor/context.tsx'
import { useFocusAdded } from '../components/editor/use-focus-added.ts'
import { TemplateField } from '../components/template/template-field.tsx'
import { textOf } from '../components/values/value-input.tsx'
import { strings } from '../strings/editor.ts'
import classes from './actions.module.css'

interface PairsProps {
  label: string
  description?: string
  value: unknown
  onChange(value: Record<string, unknown> | undefined): void
  path: string
  nameLabel: string
  allowSecrets?: boolean
}

/** Names with values, such as headers and variables. */
export function Pairs({ label, description, value, onChange, path, nameLabel, allowSecrets = false }: PairsProps) {
  const { readOnly } = useEditor()
  const [name, setName] = useState('')
  const [list, added] = useFocusAdded()
  const pairs = Object.entries((value ?? {}) as Record<string, unknown>)
  const set = (next: [string, unknown][]): void => onChange(next.length === 0 ? undefined : Object.fromEntries(next))
  const add = (): void => {
    const wanted = name.trim()
    if (wanted === '' || pairs.some(([own]) => own === wanted)) return
    added()
    set([...pairs, [wanted, '']])
    setName('')
  }
  return (
    <Input.Wrapper label={label} labelElement="div" description={description} size="sm">
      <Stack gap={8} mt={4} ref={list} data-path={path}>
        {pairs.map(([own, content], index) => (
          <div key={own} className={classes['pair']} data-item>
            <span className={classes['pairName']} title={own}>
              {own}
            </span>
            <TemplateField
              label={`${label}: ${own}`}
              hideLabel
              value={textOf(content)}
              onChange={(text) => set(pairs.map((pair, at) => (at === index ? [own, text] : pair)))}
              path={`${path}/${own.replaceAll('~', '~0').replaceAll('/', '~1')}`}
              allowSecrets={allowSecrets}
              right={
                readOnly ? undefined : (
                  <ActionIcon
                    size="sm"
                    aria-label={strings.removeValue(own)}
                    onClick={() => set(pairs.filter((_, at) => at !== index))}
                  >
                    <IconX size={15} aria-hidden />
                  </ActionIcon>
                )
              }
            />
          </div>
        ))}
        {readOnly ? null : (
          <Group gap={8} wrap="nowrap">
            <TextInput
              size="xs"
              flex={1}
              aria-label={`${label}: ${nameLabel}`}
              placeholder={nameLabel}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return
                event.preventDefault()
                add()
              }}
            />
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={add}
              disabled={name.trim() === ''}
            >
              {strings.add}
            </Button>
          </Group>
        )}
      </Stack>
    </Input.Wrapper>
  )
}
