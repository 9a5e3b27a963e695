import { emptyHome, startCommand } from '../../packages/server/test/cli/command.ts'

/** The product as its users have it: the real program, an empty data folder, a port of its own. */
export interface Product {
  url: string
  /** what the first start prints, once */
  ownerLink: string | null
  stop(): Promise<void>
}

/** Starts it. @param settings environment, beyond the folder and the port */
export async function startProduct(settings: Record<string, string> = {}): Promise<Product> {
  const home = await emptyHome()
  const command = startCommand(['serve'], { ...home.env, LOG_LEVEL: 'error', ...settings })
  const stop = async (): Promise<void> => {
    command.signal('SIGTERM')
    await command.ended
    await home.remove()
  }
  try {
    const [, url] = await command.says(/Kantos is running at (\S+)/)
    const withOwner = 'KANTOS_OWNER_EMAIL' in settings
    const link = withOwner ? null : (await command.says(/Create the owner here, once: (\S+)/))[1]!
    return { url: url!, ownerLink: link, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
