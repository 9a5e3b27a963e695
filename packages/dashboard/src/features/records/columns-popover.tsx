import { Checkbox, ScrollArea, Stack } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { OpenedPopover } from '../../components/opened-popover.tsx'
import type { Trigger } from '../../components/popup-on-demand.tsx'
import { shownFields } from '../../lib/fields.ts'
import { recordStrings as words } from '../../strings/records.ts'

interface ColumnsPopoverProps {
  object: ObjectAnswer
  hidden: ReadonlySet<string>
  onChange: (hidden: ReadonlySet<string>) => void
  trigger: Trigger
}

/** Which columns are shown; the first one always is. */
export default function ColumnsPopover({ object, hidden, onChange, trigger }: ColumnsPopoverProps) {
  function show(slug: string, shown: boolean): void {
    const next = new Set(hidden)
    if (shown) next.delete(slug)
    else next.add(slug)
    onChange(next)
  }
  return (
    <OpenedPopover trigger={trigger}>
      {() => (
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
      )}
    </OpenedPopover>
  )
}
