import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { ENDED } from '@kantos/model'
import type { Advanced } from '../runs/advance.ts'

const BATCH_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
const EFFECT_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export interface EngineMetrics {
  batch(advanced: Advanced, durationMs: number): void
  effect(kind: string, outcome: string, durationMs: number): void
  /** @param read effects being performed, or waiting for a slot */
  load(read: () => number): void
}

/** What the workers of this process did, counted. A second worker of the process counts into the same. */
export function engineMetrics({ metrics }: { metrics: Registry }): EngineMetrics {
  const registers = [metrics]
  const once = <T>(name: string, make: (name: string) => T): T =>
    (metrics.getSingleMetric(name) as T | undefined) ?? make(name)
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    once(name, () => new Counter({ name, help, labelNames, registers }))
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
    once(name, () => new Histogram({ name, help, labelNames, buckets, registers }))

  const runs = counter('kantos_runs_total', 'Runs that have ended, by their status', ['status'])
  const retries = counter('kantos_retries_total', 'Attempts of effects that failed and are tried again')
  const takeovers = counter('kantos_takeovers_total', 'Effects taken over from a worker that died or was silent')
  const late = counter(
    'kantos_lost_leases_total',
    'Effects whose outcome came after their run was taken over or changed',
  )
  const batches = histogram(
    'kantos_batch_duration_seconds',
    'Time of a batch, from its claim to its commit',
    BATCH_SECONDS,
  )
  const effects = histogram('kantos_effect_duration_seconds', 'Time to perform an effect', EFFECT_SECONDS, [
    'kind',
    'outcome',
  ])
  return {
    batch: (advanced, durationMs) => {
      if (advanced.lateOutcomes > 0) late.inc(advanced.lateOutcomes)
      if (advanced.taken === 0) return
      batches.observe(durationMs / 1000)
      if (advanced.takeovers > 0) takeovers.inc(advanced.takeovers)
      for (const run of advanced.runs) {
        if (ENDED.has(run.status)) runs.inc({ status: run.status })
        else if (run.waitReason === 'retry') retries.inc()
      }
    },
    effect: (kind, outcome, durationMs) => effects.observe({ kind, outcome }, durationMs / 1000),
    load: (read) =>
      once(
        'kantos_effects_in_flight',
        (name) =>
          new Gauge({
            name,
            help: 'Effects being performed, or waiting for a slot, in this process',
            registers,
            collect() {
              this.set(read())
            },
          }),
      ),
  }
}
