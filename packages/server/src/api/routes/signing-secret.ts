import { readSigningSecret, rotateSigningSecret as rotateRoute } from '@kantos/model'
import { rotateSigningSecret, signingSecrets } from '../../accounts/signing-secret.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

/** The signing secret of outbound webhooks. Source: SPEC.md, section 11 */
export function signingSecretRoutes(api: Api, { pool, sealer }: Services): void {
  const present = async (workspaceId: string) => {
    const [current, former] = await signingSecrets(pool, sealer, workspaceId)
    return {
      secret: current!.secret,
      created_at: current!.createdAt,
      previous: former === undefined ? null : { secret: former.secret, expires_at: former.expiresAt! },
    }
  }
  api.handle(readSigningSecret, ({ principal }) => present(principal.workspaceId))
  api.handle(rotateRoute, async ({ principal }) => {
    await rotateSigningSecret(pool, sealer, principal)
    return present(principal.workspaceId)
  })
}
