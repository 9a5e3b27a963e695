import { ActionIcon } from '@mantine/core'
import type { ObjectAnswer } from '@kantos/model'
import { IconArrowLeft } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { Page } from '../../../components/page.tsx'
import { EmptyState, LoadingRows } from '../../../components/states.tsx'
import { useObject } from '../../../lib/objects.ts'
import { useCan } from '../../../lib/session.ts'
import { recordStrings } from '../../../strings/records.ts'
import { NoObject } from '../no-object.tsx'
import { previewImport } from './api.ts'
import { ChooseFile } from './choose-file.tsx'
import { ImportProgress } from './import-progress.tsx'

// on its way while a file is chosen
const columns = import('./map-columns.tsx')
const MapColumns = lazy(async () => ({ default: (await columns).MapColumns }))

const words = recordStrings.import
const route = getRouteApi('/shell/objects/$slug/import')

/** CSV import in three steps: a file, its columns, its progress. Source: SPEC.md, section 2 */
export function ImportPage() {
  const { slug } = route.useParams()
  const object = useObject(slug)
  const editor = useCan('editor')
  if (object === undefined) return <NoObject />
  return <Import key={slug} object={object} editor={editor} />
}

function Import({ object, editor }: { object: ObjectAnswer; editor: boolean }) {
  const [file, setFile] = useState<File | null>(null)
  const { import: importId } = route.useSearch()
  const navigate = route.useNavigate()
  const preview = useMutation({ mutationFn: (chosen: File) => previewImport(object.slug, chosen) })
  const restart = () => {
    setFile(null)
    void navigate({ search: {} })
    preview.reset()
  }
  const back = (
    <ActionIcon
      component={Link}
      to="/objects/$slug"
      params={{ slug: object.slug } as never}
      aria-label={recordStrings.page.back(object.name)}
    >
      <IconArrowLeft size={18} />
    </ActionIcon>
  )
  return (
    <Page title={words.title(object.name)} lead={back} layout="narrow">
      {importId !== undefined ? (
        <ImportProgress id={importId} object={object} onAgain={restart} />
      ) : !editor ? (
        <EmptyState title={words.notAllowed}>{words.notAllowedText}</EmptyState>
      ) : file !== null && preview.data !== undefined ? (
        <Suspense fallback={<LoadingRows />}>
          <MapColumns
            object={object}
            file={file}
            preview={preview.data}
            onStarted={(id) => void navigate({ search: { import: id }, replace: true })}
            onAgain={restart}
          />
        </Suspense>
      ) : (
        <ChooseFile
          reading={preview.isPending}
          error={preview.error}
          onChoose={(chosen) => {
            setFile(chosen)
            preview.mutate(chosen)
          }}
        />
      )}
    </Page>
  )
}
