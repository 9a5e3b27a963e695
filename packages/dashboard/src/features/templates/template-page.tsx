import { getRouteApi } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { Page } from '../../components/page.tsx'
import { ErrorState, Loading } from '../../components/states.tsx'
import { strings } from '../../strings/common.ts'
import { emailStrings } from '../../strings/emails.ts'
import { templateQuery } from './api.ts'
import { TemplateEditor } from './template-editor.tsx'

const route = getRouteApi('/shell/templates/$templateId')

/** One e-mail template, or a new one. */
export function TemplatePage() {
  const { templateId } = route.useParams()
  const isNew = templateId === 'new'
  const found = useQuery({ ...templateQuery(templateId), enabled: !isNew })
  if (isNew) return <TemplateEditor key="new" template={null} />
  if (found.isError) {
    return (
      <Page title={emailStrings.templates.title}>
        <ErrorState
          error={found.error}
          onRetry={() => void found.refetch()}
          back={{ to: '/templates', label: strings.notFound.toTemplates }}
        />
      </Page>
    )
  }
  return found.data === undefined ? <Loading /> : <TemplateEditor key={templateId} template={found.data} />
}
