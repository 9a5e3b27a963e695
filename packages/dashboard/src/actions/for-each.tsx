import { NumberInput, Stack } from '@mantine/core'
import { useEditor, useProblem } from '../components/editor/context.tsx'
import { TemplateField } from '../components/template/template-field.tsx'
import { strings } from '../strings/actions.ts'
import { type ActionFormProps, textIn } from './form.ts'

const words = strings.loop

/** For Each: of which list, and how many at most. Its steps are edited on the flow. */
export function ForEachForm({ config, set }: ActionFormProps) {
  const { readOnly } = useEditor()
  const problem = useProblem('/config/max')
  return (
    <Stack gap="md">
      <TemplateField
        label={words.items}
        value={textIn(config, 'items')}
        onChange={(text) => set('items', text)}
        path="/config/items"
        placeholder={words.itemsPlaceholder}
        description={words.inside}
        required
      />
      <NumberInput
        label={words.max}
        description={words.maxHint}
        value={typeof config['max'] === 'number' ? config['max'] : ''}
        onChange={(value) => set('max', typeof value === 'number' ? value : undefined)}
        min={1}
        max={1000}
        placeholder="1000"
        allowDecimal={false}
        disabled={readOnly}
        error={problem}
      />
    </Stack>
  )
}
