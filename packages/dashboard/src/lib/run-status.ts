import type { RunStatus } from '@kantos/model'
import type { Tone } from '../components/status-dot.tsx'

/** How each run status looks and reads. Source: SPEC.md, section 9 */
export const RUN_STATUS_WORDS: Record<RunStatus, { tone: Tone; label: string }> = {
  queued: { tone: 'idle', label: 'Queued' },
  running: { tone: 'info', label: 'Running' },
  waiting: { tone: 'warn', label: 'Waiting' },
  succeeded: { tone: 'good', label: 'Succeeded' },
  failed: { tone: 'bad', label: 'Failed' },
  skipped: { tone: 'idle', label: 'Skipped' },
  cancelled: { tone: 'idle', label: 'Cancelled' },
  blocked: { tone: 'bad', label: 'Blocked' },
}
