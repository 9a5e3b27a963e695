import { ActionIcon, Button } from '@mantine/core'
import { ApiError, type ObjectAnswer, type RecordAnswer } from '@kantos/model'
import { IconArrowLeft, IconDots } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { confirm } from '../../components/confirm.tsx'
import { popupOnDemand } from '../../components/popup-on-demand.tsx'
import { ObjectIcon } from '../../components/object-icon.tsx'
import { Page } from '../../components/page.tsx'
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx'
import { singular, useObject } from '../../lib/objects.ts'
import { recordTitle } from '../../lib/record-title.ts'
import { useCan } from '../../lib/session.ts'
import { recordStrings as words } from '../../strings/records.ts'
import { recordEventsQuery, recordQuery } from './api.ts'
import { RecordFields } from './record-fields.tsx'
import { RecordHistory } from './record-history.tsx'
import classes from './record-page.module.css'
import { RunMenu } from './run-menu.tsx'
import { useDeleteRecords } from './use-record-changes.ts'

const RecordMenu = popupOnDemand<{ onDelete(): void }>(() => import('./record-menu-items.tsx'))

const route = getRouteApi('/shell/records/$recordId')

/** One record: its fields, and its history with what each automation did. Source: SPEC.md, section 13 */
export function RecordPage() {
  const { recordId } = route.useParams()
  const record = useQuery(recordQuery(recordId))
  const object = useObject(record.data?.object_id)
  if (record.isError) {
    const gone = record.error instanceof ApiError && record.error.code === 'NOT_FOUND'
    return (
      <Page title={words.page.record}>
        {gone ? (
          <GoneRecord id={recordId} />
        ) : (
          <ErrorState error={record.error} onRetry={() => void record.refetch()} />
        )}
      </Page>
    )
  }
  if (record.data === undefined || object === undefined) return <Loading />
  return <OneRecord key={recordId} record={record.data} object={object} />
}

/** A record that isn't there: what is known of it when it once was. */
function GoneRecord({ id }: { id: string }) {
  const history = useInfiniteQuery(recordEventsQuery(id))
  const isKnown = history.data !== undefined
  return (
    <div className={classes.gone}>
      <EmptyState
        title={isKnown ? words.page.deleted : words.page.gone}
        action={
          <Button variant="default" component={Link} to="/">
            {words.page.toStart}
          </Button>
        }
      >
        {isKnown ? words.page.deletedText : words.page.goneText}
      </EmptyState>
      {isKnown && <RecordHistory id={id} />}
    </div>
  )
}

function OneRecord({ record, object }: { record: RecordAnswer; object: ObjectAnswer }) {
  const editor = useCan('editor')
  const navigate = useNavigate()
  const remove = useDeleteRecords(object)

  async function askAndDelete(): Promise<void> {
    const title = words.deleteTitle(1, singular(object.name))
    const sure = await confirm({ title, text: words.deleteText, confirm: words.delete })
    if (!sure) return
    remove.mutate([record.id], {
      onSuccess: () => void navigate({ to: '/objects/$slug', params: { slug: object.slug } }),
    })
  }

  return (
    <Page
      title={recordTitle(record, object)}
      lead={
        <>
          <ActionIcon
            component={Link}
            to="/objects/$slug"
            params={{ slug: object.slug } as never}
            aria-label={words.page.back(object.name)}
          >
            <IconArrowLeft size={18} />
          </ActionIcon>
          <ObjectIcon name={object.icon} size={20} />
        </>
      }
      actions={
        editor && (
          <>
            <RunMenu object={object} recordIds={[record.id]} />
            <RecordMenu
              onDelete={() => void askAndDelete()}
              trigger={
                <ActionIcon variant="default" size={36} aria-label={words.more}>
                  <IconDots size={18} />
                </ActionIcon>
              }
            />
          </>
        )
      }
    >
      <div className={classes.columns}>
        <RecordFields record={record} object={object} editable={editor} />
        <RecordHistory id={record.id} />
      </div>
    </Page>
  )
}
