import { Button } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconTrash } from '@tabler/icons-react'
import { confirm } from '../../components/confirm.tsx'
import { SelectionBar } from '../../components/selection-bar.tsx'
import { singular } from '../../lib/objects.ts'
import { number } from '../../lib/time.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { RunMenu } from './run-menu.tsx'
import { useDeleteRecords } from './use-record-changes.ts'

interface RecordSelectionProps {
  object: ObjectAnswer
  selected: ReadonlySet<string>
  editable: boolean
  onClear: () => void
}

/** What can be done with the selected records. */
export default function RecordSelection({ object, selected, editable, onClear }: RecordSelectionProps) {
  const remove = useDeleteRecords(object)
  const ids = [...selected]

  async function askAndDelete(): Promise<void> {
    const sure = await confirm({
      title: words.deleteTitle(ids.length, singular(object.name)),
      text: words.deleteText,
      confirm: words.delete,
    })
    if (sure) remove.mutate(ids, { onSuccess: onClear })
  }

  return (
    <SelectionBar label={words.selected(number(ids.length))} clearLabel={words.clearSelection} onClear={onClear}>
      {editable && (
        <>
          <RunMenu object={object} recordIds={ids} />
          <Button
            variant="default"
            leftSection={<IconTrash size={15} />}
            loading={remove.isPending}
            onClick={() => void askAndDelete()}
          >
            {words.delete}
          </Button>
        </>
      )}
    </SelectionBar>
  )
}
