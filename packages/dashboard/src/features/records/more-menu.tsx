import { ActionIcon } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconDots } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { popupOnDemand } from '../../components/popup-on-demand.tsx'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { saveFile } from '../../lib/save-file.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { exportCsv, type RecordView } from './api.ts'

const Items = popupOnDemand<{ object: ObjectAnswer; editor: boolean; onExport(): void }>(
  () => import('./more-menu-items.tsx'),
)

/** Import and export. */
export function MoreMenu({ object, view, editor }: { object: ObjectAnswer; view: RecordView; editor: boolean }) {
  const save = useMutation({
    mutationFn: () => exportCsv(object.slug, view.filters),
    onSuccess: (file) => {
      saveFile(file, `${object.slug}.csv`)
      notifyDone(words.exported)
    },
    onError: notifyError,
  })
  return (
    <Items
      object={object}
      editor={editor}
      onExport={() => save.mutate()}
      trigger={
        <ActionIcon variant="default" size={36} aria-label={words.more} loading={save.isPending}>
          <IconDots size={18} />
        </ActionIcon>
      }
    />
  )
}
