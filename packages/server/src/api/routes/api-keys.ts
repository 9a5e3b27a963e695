import { createApiKey, deleteApiKey, listApiKeys, publicId, uuidOf } from '@kantos/model'
import { makeKey, readKeys, revokeKey } from '../../accounts/api-keys.ts'
import { audit } from '../../audit/audit.ts'
import { transaction } from '../../db/transaction.ts'
import type { Services } from '../../services.ts'
import type { Authenticator } from '../auth.ts'
import type { Api } from '../implement.ts'

/** API keys. Source: SPEC-DETAILS.md, section 12 */
export function apiKeyRoutes(api: Api, { pool }: Services, authenticator: Authenticator): void {
  api.handle(listApiKeys, async ({ principal }) => ({
    data: (await readKeys(pool, principal.workspaceId)).map((row) => ({
      ...row,
      id: publicId('key', row.id),
      created_at: row.created_at.toISOString(),
      last_used_at: row.last_used_at?.toISOString() ?? null,
    })),
  }))

  api.handle(createApiKey, ({ principal, body: { name, type }, context }) =>
    transaction(pool, async (client) => {
      const made = await makeKey(client, principal.workspaceId, { name, type, createdBy: principal.actor })
      const id = publicId('key', made.id)
      await audit(client, principal, 'api_key.created', id, { name, type })
      const answer = { id, name, type, key: made.key }
      await context.remember(client, createApiKey.status, answer)
      return answer
    }),
  )

  api.handle(deleteApiKey, async ({ principal, params }) => {
    await revokeKey(pool, principal, uuidOf('key', params.id))
    authenticator.forget()
  })
}
