import { uuidOf } from '@kantos/model'
import { watchHealth, type WatchOptions } from '../../src/health/watch.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import type { ReceivedMail } from '../receivers.ts'

/** An engine with an owner, and automations that fail as they are told. */
export interface HealthRig extends TestEngine {
  owner: string
  /** on new leads: an e-mail, which fails for a lead without an address */
  mailer(changes?: { mode?: 'live' | 'test'; name?: string }): Promise<string>
  /** so many leads without an address; waits until the automation has `total` runs, all ended */
  fail(automation: string, count: number, total?: number): Promise<void>
  /** a round of watching that counts everything */
  watch(changes?: WatchOptions): Promise<void>
  /** the alerts that came by e-mail */
  alerts(): ReceivedMail[]
  uuid(automation: string): string
}

export async function createHealthRig(): Promise<HealthRig> {
  const t = await createTestEngine()
  const { email: owner } = await t.logIn('owner')
  return {
    ...t,
    owner,
    mailer: ({ mode = 'live', name = 'Welcome mail' } = {}) =>
      t.automation({
        name,
        mode,
        trigger: { event: 'record.created', object: 'leads' },
        actions: [
          {
            type: 'send_email',
            key: 'greet',
            name: 'Greet',
            config: { to: '{{record.email}}', subject: 'Hi', body: 'Hi' },
          },
        ],
      }),
    fail: async (automation, count, total = count) => {
      for (let i = 0; i < count; i++) await t.create('leads', { name: 'Ada Lovelace' })
      await t.ended(automation, total)
    },
    watch: (changes = {}) => watchHealth(t.services, { lagMs: 0, silenceEveryMs: 0, ...changes }),
    alerts: () => t.smtp.mails.filter(({ parsed }) => parsed.messageId?.startsWith('<alrt_')),
    uuid: (automation) => uuidOf('automation', automation)!,
  }
}
