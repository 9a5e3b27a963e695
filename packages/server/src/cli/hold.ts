import type { ReleaseRuns } from '@kantos/model'
import { query } from '../db/pool.ts'
import { putOnHold } from '../holds/hold.ts'
import { release } from '../holds/release.ts'
import { WAKE_CHANNEL } from '../runs/presence.ts'
import { compose } from './compose.ts'
import type { Config } from './config.ts'
import { findWorkspace } from './workspaces.ts'

export interface HoldFlags {
  workspace?: string
  note?: string
  json?: boolean
}

export interface ReleaseFlags {
  runs: ReleaseRuns
  workspace?: string
  json?: boolean
}

/** `kantos hold`: one workspace, or all of them. */
export async function holdCommand(config: Config, { workspace, note, json }: HoldFlags): Promise<void> {
  await onEach(config, workspace, json === true, async (services, workspaceId, slug) => {
    await putOnHold(services.pool, { workspaceId, actor: 'system' }, note ?? null)
    return [`${slug} is on hold.`, { on_hold: true }]
  })
}

/** `kantos release --runs continue|cancel`: one workspace, or all of them. */
export async function releaseCommand(config: Config, { runs, workspace, json }: ReleaseFlags): Promise<void> {
  await onEach(config, workspace, json === true, async (services, workspaceId, slug) => {
    const { released, cancelled } = await release(services.pool, { workspaceId, actor: 'system' }, runs)
    if (!released) return [`${slug} wasn't on hold.`, { released, cancelled }]
    const left = runs === 'cancel' ? ` ${cancelled.runs} runs and ${cancelled.events} events were cancelled.` : ''
    return [`${slug} goes on.${left}`, { released, cancelled }]
  })
}

type Services = Awaited<ReturnType<typeof compose>>['services']
type Act = (services: Services, workspaceId: string, slug: string) => Promise<[words: string, json: object]>

async function onEach(config: Config, name: string | undefined, json: boolean, act: Act): Promise<void> {
  const { services, stop } = await compose(config, null)
  try {
    const only = name === undefined ? null : await findWorkspace(services.pool, name)
    const { rows } = await query<{ id: string; slug: string }>(services.pool, {
      text: 'select id, slug from workspaces where $1::uuid is null or id = $1 order by created_at',
      values: [only],
    })
    for (const { id, slug } of rows) {
      const [words, answer] = await act(services, id, slug)
      if (json) process.stdout.write(`${JSON.stringify({ workspace: slug, ...answer })}\n`)
      else process.stderr.write(`${words}\n`)
    }
    await services.pool.query(`notify ${WAKE_CHANNEL}`)
  } finally {
    await stop()
  }
}
