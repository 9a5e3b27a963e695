import { publicId } from '@kantos/model'
import { createWorkspace } from '../accounts/workspaces.ts'
import { compose } from './compose.ts'
import type { Config } from './config.ts'

/** `kantos workspace create NAME`: the key goes to stdout, and is shown this once. */
export async function createWorkspaceCommand(
  config: Config,
  name: string,
  { json = false }: { json?: boolean },
): Promise<void> {
  const { services, stop } = await compose(config, null)
  try {
    const { id, slug, key } = await createWorkspace(services.pool, services.sealer, name.trim())
    if (json) process.stdout.write(`${JSON.stringify({ id: publicId('workspace', id), slug, key })}\n`)
    else {
      process.stderr.write(`Made the workspace ${slug}. Its API key can't be shown again:\n`)
      process.stdout.write(`${key}\n`)
    }
  } finally {
    await stop()
  }
}
