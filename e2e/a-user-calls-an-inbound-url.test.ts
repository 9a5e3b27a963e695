import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { until } from '../packages/server/test/helpers.ts'
import { usePeople } from './support/browser.ts'
import { api, openAsOwner } from './support/installation.ts'
import { seen } from './support/screen.ts'

const people = usePeople()

test.each(['token', 'signature', 'none'])(
  'the command that is shown starts an automation whose URL asks for: %s',
  async (auth) => {
    const { id } = await api<{ id: string }>('POST', '/automations', {
      name: `Called with ${auth}`,
      status: 'active',
      trigger: { event: 'webhook.received', auth },
      actions: [{ type: 'stop', config: { reason: '{{webhook.body.name}} called' } }],
    })
    const page = await openAsOwner(people, `/automations/${id}`)
    await page.locator('[data-node="trigger"]').click()
    const panel = page.getByRole('complementary', { name: 'Selected part' })
    await panel.getByRole('button', { name: 'Copy: Try it from a terminal' }).click()
    await seen(panel.getByRole('button', { name: 'Copied' }))
    const command = await page.evaluate(() => navigator.clipboard.readText())
    expect(command).toMatch(/^(?:BODY=.*\n)?curl -X POST '/)
    expect(JSON.parse(execFileSync('bash', ['-c', command], { encoding: 'utf8' }))).toHaveProperty('event_id')
    const run = await until(
      async () => (await api<{ data: { id: string }[] }>('GET', `/runs?automation_id=${id}&status=succeeded`)).data[0],
    )
    expect(run.id).toMatch(/^run_/)
  },
)
