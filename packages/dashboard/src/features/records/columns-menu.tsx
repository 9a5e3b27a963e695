import { Button, Checkbox, Popover, ScrollArea, Stack } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconColumns3 } from '@tabler/icons-react'
import { shownFields } from '../../lib/fields.ts'
import { recordStrings as words } from '../../strings/records.ts'

interface ColumnsMenuProps {
  object: ObjectAnswer
  hidden: ReadonlySet<string>
  onChange: (hidden: ReadonlySet<string>) => void
  /** it was clicked before it was there */
  beginsOpen?: boolean
}

/** Which columns are shown; the first one always is. */
export default function ColumnsMenu({ object, hidden, onChange, beginsOpen = false }: ColumnsMenuProps) {
  function show(slug: string, shown: boolean): void {
    const next = new Set(hidden)
    if (shown) next.delete(slug)
    else next.add(slug)
    onChange(next)
  }
  return (
    <Popover defaultOpened={beginsOpen} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={15} />}>
          {words.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <ScrollArea.Autosize mah="60dvh">
          <Stack gap="xs" role="group" aria-label={words.columns}>
            {shownFields(object)
              .slice(1)
              .map(({ slug, name }) => (
                <Checkbox
                  key={slug}
                  label={name}
                  checked={!hidden.has(slug)}
                  onChange={(event) => show(slug, event.currentTarget.checked)}
                />
              ))}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}
