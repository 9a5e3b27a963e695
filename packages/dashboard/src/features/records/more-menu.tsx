import { ActionIcon, Menu } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconDots, IconDownload, IconUpload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { saveFile } from '../../lib/save-file.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { exportCsv, type RecordView } from './api.ts'

/** Import and export. */
export function MoreMenu({ object, view, editor }: { object: ObjectAnswer; view: RecordView; editor: boolean }) {
  const navigate = useNavigate()
  const save = useMutation({
    mutationFn: () => exportCsv(object.slug, view.filters),
    onSuccess: (file) => {
      saveFile(file, `${object.slug}.csv`)
      notifyDone(words.exported)
    },
    onError: notifyError,
  })
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={words.more} loading={save.isPending}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {editor && (
          <Menu.Item
            leftSection={<IconUpload size={15} />}
            onClick={() => void navigate({ to: '/objects/$slug/import', params: { slug: object.slug } })}
          >
            {words.importCsv}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconDownload size={15} />} onClick={() => save.mutate()}>
          {words.exportCsv}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
