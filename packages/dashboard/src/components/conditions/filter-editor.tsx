import { type FieldType, filterOperatorsFor, type ObjectAnswer } from '@kantos/model'
import { ActionIcon, Button, Select, Stack, Text, Textarea } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { filterLabels, strings } from '../../strings/editor.ts'
import { useEditor, useProblem } from '../editor/context.tsx'
import { ruleFields } from '../editor/names.ts'
import { useFocusAdded } from '../editor/use-focus-added.ts'
import { FieldSelect } from '../values/field-select.tsx'
import { ListInput } from '../values/list-input.tsx'
import { ValueInput } from '../values/value-input.tsx'
import classes from './conditions.module.css'
import { type FilterLine, filtersOf, linesOf } from './filters.ts'

interface FilterEditorProps {
  object: ObjectAnswer
  value: unknown
  onChange(filters: Record<string, unknown> | undefined): void
  path: string
}

/** Which records: comparisons that all hold; a filter with alternatives as JSON. */
export function FilterEditor({ object, value, onChange, path }: FilterEditorProps) {
  const { readOnly } = useEditor()
  const problem = useProblem(path)
  const [pending, setPending] = useState<FilterLine[]>([])
  const [list, added] = useFocusAdded()
  const saved = linesOf(value)
  if (saved === null) return <FilterJson value={value} onChange={onChange} path={path} />
  const lines = [...saved, ...pending]
  const names = ruleFields({ object, webhook: false, steps: [], item: null }, [], false).filter(
    ({ section }) => section === strings.sections.record,
  )
  const set = (next: FilterLine[]): void => {
    setPending(next.filter(({ field }) => field === ''))
    onChange(filtersOf(next))
  }
  return (
    <Stack gap={8} ref={list} data-path={path}>
      <Text size="sm" fw={500}>
        {strings.filterAll}
      </Text>
      {lines.length === 0 ? (
        <Text size="sm" c="dimmed">
          {strings.noFilters}
        </Text>
      ) : null}
      {lines.map((line, index) => {
        const name = names.find((one) => one.path === line.field)
        const type: FieldType = name === undefined || name.type === 'any' ? 'text' : name.type
        const replace = (next: FilterLine): void => set(lines.map((one, at) => (at === index ? next : one)))
        const at = `${path}/${line.field}`
        return (
          <div key={index} className={classes['rule']} data-item data-path={at}>
            <div className={classes['what']}>
              <FieldSelect
                names={names}
                value={line.field}
                onChange={(field) => replace({ field, operator: '$eq', value: null })}
                label={strings.chooseField}
                hideLabel
              />
              <Select
                aria-label={strings.chooseOperator}
                data={comparisonsOf(type).map((operator) => ({
                  value: operator,
                  label: filterLabels[operator] ?? operator,
                }))}
                value={line.operator === '$empty' && line.value === false ? NOT_EMPTY : line.operator}
                onChange={(operator) =>
                  operator !== null &&
                  replace(
                    operator === NOT_EMPTY
                      ? { ...line, operator: '$empty', value: false }
                      : { ...line, operator, value: shaped(operator, line.value) },
                  )
                }
                allowDeselect={false}
                disabled={readOnly || line.field === ''}
              />
              {readOnly ? null : (
                <ActionIcon
                  aria-label={strings.removeFilter}
                  onClick={() => set(lines.filter((_, each) => each !== index))}
                  mt={4}
                >
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              )}
            </div>
            {line.field === '' || isPlainEmpty(line) ? null : (
              <div className={classes['value']}>
                {line.operator === '$in' || line.operator === '$nin' ? (
                  <ListInput
                    type={type}
                    field={name?.field}
                    value={line.value}
                    onChange={(next) => replace({ ...line, value: next })}
                    label={strings.value}
                    path={at}
                  />
                ) : (
                  <ValueInput
                    type={line.operator === '$empty' ? 'boolean' : line.operator === '$contains' ? 'text' : type}
                    field={name?.field}
                    value={line.value}
                    onChange={(next) => replace({ ...line, value: next })}
                    label={strings.value}
                    hideLabel
                    path={at}
                  />
                )}
              </div>
            )}
          </div>
        )
      })}
      {problem === undefined ? null : (
        <Text size="xs" c="var(--mantine-color-error)">
          {problem}
        </Text>
      )}
      {readOnly ? null : (
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => {
            added()
            setPending([...pending, { field: '', operator: '$eq', value: null }])
          }}
        >
          {strings.addFilter}
        </Button>
      )}
    </Stack>
  )
}

/** `$empty: false`, as it is picked. */
const NOT_EMPTY = '$filled'

const comparisonsOf = (type: FieldType): string[] =>
  filterOperatorsFor(type).flatMap((operator) => (operator === '$empty' ? [operator, NOT_EMPTY] : [operator]))

/** A comparison with nothing that says all by itself; as a template it is still to be seen. */
const isPlainEmpty = ({ operator, value }: FilterLine): boolean => operator === '$empty' && typeof value === 'boolean'

function shaped(operator: string, value: unknown): unknown {
  if (operator === '$empty') return true
  if (operator === '$in' || operator === '$nin')
    return Array.isArray(value) ? value : value === null || value === '' ? [] : [value]
  return Array.isArray(value) ? (value[0] ?? null) : typeof value === 'boolean' ? null : value
}

function FilterJson({ value, onChange, path }: Omit<FilterEditorProps, 'object'>) {
  const { readOnly } = useEditor()
  const problem = useProblem(path, true)
  const [text, setText] = useState(() => JSON.stringify(value, null, 2))
  const [broken, setBroken] = useState(false)
  return (
    <Textarea
      label={strings.filterJson}
      description={strings.filterAsJson}
      value={text}
      autosize
      minRows={4}
      disabled={readOnly}
      error={broken ? strings.notJson : problem}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      onChange={(event) => {
        const next = event.currentTarget.value
        setText(next)
        try {
          onChange(next.trim() === '' ? undefined : (JSON.parse(next) as Record<string, unknown>))
          setBroken(false)
        } catch {
          setBroken(true)
        }
      }}
    />
  )
}
