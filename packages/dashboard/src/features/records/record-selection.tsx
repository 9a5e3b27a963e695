import { ActionIcon, Button, Group, Text } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconTrash, IconX } from '@tabler/icons-react'
import { confirm } from '../../components/confirm.tsx'
import { singular } from '../../lib/objects.ts'
import { number } from '../../lib/time.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { RunMenu } from './run-menu.tsx'
import classes from './selection-bar.module.css'
import { useDeleteRecords } from './use-record-changes.ts'

interface SelectionBarProps {
  object: ObjectAnswer
  selected: ReadonlySet<string>
  editable: boolean
  onClear: () => void
}

/** What can be done with the selected records. */
export default function SelectionBar({ object, selected, editable, onClear }: SelectionBarProps) {
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
    <div className={classes.bar} role="toolbar" aria-label={words.selected(number(ids.length))}>
      <Text size="sm" fw={500} className={`${classes.count} numbers`} role="status">
        {words.selected(number(ids.length))}
      </Text>
      {editable && (
        <Group gap="xs" className={classes.buttons}>
          <RunMenu object={object} recordIds={ids} />
          <Button
            variant="default"
            leftSection={<IconTrash size={15} />}
            loading={remove.isPending}
            onClick={() => void askAndDelete()}
          >
            {words.delete}
          </Button>
        </Group>
      )}
      <ActionIcon onClick={onClear} className={classes.clear} aria-label={words.clearSelection}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  )
}
