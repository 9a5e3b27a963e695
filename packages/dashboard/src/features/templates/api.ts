import {
  createEmailTemplateRoute,
  deleteEmailTemplateRoute,
  type EmailTemplateInput,
  type EmailTestInput,
  getEmailTemplateRoute,
  listEmailTemplatesRoute,
  testEmailTemplateRoute,
  updateEmailTemplateRoute,
} from '@kantos/model'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'

/** The templates by name, page by page. */
export function templatesQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: [...keys.templates(), 'list', q] as const,
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) => {
      const query = { page: pageParam, per_page: 100, ...(q === '' ? {} : { q }) }
      return call(listEmailTemplatesRoute, { query }, { signal })
    },
    getNextPageParam: ({ pagination }) => (pagination.page < pagination.total_pages ? pagination.page + 1 : undefined),
  })
}

/** One template. */
export function templateQuery(id: string) {
  return queryOptions({
    queryKey: keys.template(id),
    queryFn: ({ signal }) => call(getEmailTemplateRoute, { params: { id } }, { signal }),
  })
}

/** Saves a template. @param id null creates one */
export function saveTemplate(id: string | null, body: EmailTemplateInput) {
  return id === null
    ? call(createEmailTemplateRoute, { body })
    : call(updateEmailTemplateRoute, { params: { id }, body })
}

/** Deletes a template that no automation uses. */
export function deleteTemplate(id: string) {
  return call(deleteEmailTemplateRoute, { params: { id } })
}

/** Sends a template to the user who is logged in; a mail goes into the outbox when there is no mail server. */
export function sendTest(id: string, body: EmailTestInput) {
  return call(testEmailTemplateRoute, { params: { id }, body })
}
