import type { WebhookInput } from '@kantos/model'
import type { Egress } from '../ports/egress.ts'
import type { EffectCommand } from '../runs/batch.ts'

/**
 * Why an effect would be refused in earnest, without beginning it; null: it would be tried. What a secret stands in can't be told before
 * it is filled in, nor what a host name resolves to.
 */
export function refusalOf(egress: Pick<Egress, 'refuses'>, { effect, input, secrets }: EffectCommand): string | null {
  if (effect !== 'webhook' || secrets.some(({ pointer }) => pointer === '/url')) return null
  return egress.refuses(input as WebhookInput)
}
