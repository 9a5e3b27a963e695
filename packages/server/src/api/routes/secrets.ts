import { deleteSecret, invalid, listSecrets, putSecret, secretName } from '@kantos/model'
import { readSecretNames, removeSecret, storeSecret } from '../../secrets/store.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

/** Secrets: their values go in and never come out. Source: SPEC.md, sections 7 and 12 */
export function secretRoutes(api: Api, { pool, sealer }: Services): void {
  api.handle(listSecrets, async ({ principal }) => ({
    data: (await readSecretNames(pool, principal.workspaceId)).map((row) => ({
      ...row,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    })),
  }))

  api.handle(putSecret, async ({ principal, params, body }) => {
    const name = secretName.safeParse(params.name)
    if (!name.success) throw invalid([{ path: '/name', message: `A secret’s name ${name.error.issues[0]!.message}.` }])
    await storeSecret(pool, sealer, principal, name.data, body.value)
  })

  api.handle(deleteSecret, async ({ principal, params, query }) => {
    await removeSecret(pool, principal, params.name, query.force === 'true')
  })
}
