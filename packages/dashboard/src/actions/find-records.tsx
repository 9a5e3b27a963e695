import { type ObjectAnswer, SYSTEM_FIELDS } from '@kantos/model'
import { Group, NumberInput, Select, Stack, Text } from '@mantine/core'
import { FilterEditor } from '../components/conditions/filter-editor.tsx'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { ruleFields } from '../components/editor/names.ts'
import { FieldSelect } from '../components/values/field-select.tsx'
import { ObjectSelect } from '../components/values/object-select.tsx'
import { findObject } from '../lib/objects.ts'
import { strings } from '../strings/actions.ts'
import { strings as editorStrings } from '../strings/editor.ts'
import { type ActionFormProps, textIn } from './form.ts'

const words = strings.find

/** `"-created_at"`, `{field, order}` → its two parts. */
function sortOf(sort: unknown): { field: string; order: 'asc' | 'desc' } {
  if (typeof sort === 'string')
    return sort.startsWith('-') ? { field: sort.slice(1), order: 'desc' } : { field: sort, order: 'asc' }
  if (typeof sort !== 'object' || sort === null) return { field: '', order: 'asc' }
  const { field = '', order } = sort as { field?: string; order?: string }
  return { field, order: order === 'desc' ? 'desc' : 'asc' }
}

/** The two orders in the words of what is sorted: text from A to Z, dates from the oldest. */
function orderWords(object: ObjectAnswer, slug: string): { value: string; label: string }[] {
  const type = SYSTEM_FIELDS.get(slug) ?? object.fields.find((field) => field.slug === slug)?.type ?? 'text'
  const kind = NUMBERS.has(type) ? 'number' : DATES.has(type) ? 'date' : 'text'
  const [asc, desc] = words.orders[kind]
  return [
    { value: 'asc', label: asc },
    { value: 'desc', label: desc },
  ]
}

const NUMBERS: ReadonlySet<string> = new Set(['number', 'currency'])
const DATES: ReadonlySet<string> = new Set(['date', 'datetime'])

/** Find Records: of which object, which of them, how many. */
export function FindRecordsForm({ action, config, set, replace }: ActionFormProps) {
  const { objects, readOnly } = useEditor()
  const limitProblem = useProblem('/config/limit')
  const object = findObject(objects, textIn(config, 'object'))
  const sort = sortOf(config['sort'])
  const setSort = (field: string, order: string): void =>
    set('sort', field === '' ? undefined : order === 'desc' ? `-${field}` : field)
  return (
    <Stack gap="md">
      <ObjectSelect
        label={words.object}
        value={config['object']}
        onChange={(reference) => replace({ object: reference, limit: config['limit'] ?? 100 })}
        path="/config/object"
      />
      {object === undefined ? null : (
        <>
          <FilterEditor
            key={object.slug}
            object={object}
            value={config['filters']}
            onChange={(filters) => set('filters', filters)}
            path="/config/filters"
          />
          <Group gap={8} align="flex-start" wrap="nowrap" grow>
            <FieldSelect
              names={ruleFields({ object, webhook: false, steps: [], item: null }, [], false).filter(
                ({ section }) => section === editorStrings.sections.record,
              )}
              value={sort.field}
              onChange={(field) => setSort(field, sort.order)}
              label={words.sort}
              path="/config/sort"
              clearable
            />
            <Select
              label={words.order}
              data={orderWords(object, sort.field)}
              value={sort.order}
              onChange={(order) => setSort(sort.field, order ?? 'asc')}
              allowDeselect={false}
              disabled={readOnly || sort.field === ''}
            />
          </Group>
        </>
      )}
      <NumberInput
        label={words.limit}
        description={words.limitHint}
        value={typeof config['limit'] === 'number' ? config['limit'] : ''}
        onChange={(value) => set('limit', typeof value === 'number' ? value : undefined)}
        min={1}
        max={1000}
        placeholder="100"
        allowDecimal={false}
        disabled={readOnly}
        error={limitProblem}
      />
      <Text size="xs" c="dimmed">
        {words.gives(action.key)}
      </Text>
    </Stack>
  )
}
