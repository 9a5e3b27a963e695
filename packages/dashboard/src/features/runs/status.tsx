import type { Run, RunStatus } from '@kantos/model'
import { Badge } from '@mantine/core'
import { StatusDot, type Tone } from '../../components/status-dot.tsx'
import { strings } from '../../strings/runs.ts'

const TONES: Record<RunStatus, Tone> = {
  queued: 'info',
  running: 'info',
  waiting: 'info',
  succeeded: 'good',
  failed: 'bad',
  skipped: 'idle',
  cancelled: 'idle',
  blocked: 'warn',
}

/** A run's status: a dot and its word. */
export function RunStatusDot({ status }: { status: RunStatus }) {
  return <StatusDot tone={TONES[status]}>{strings.status[status]}</StatusDot>
}

/** Marks test runs; live ones need no mark. */
export function ModeBadge({ mode }: { mode: Run['mode'] }) {
  return mode === 'live' ? null : (
    <Badge size="sm" color="orange.9" variant="outline" c="var(--k-warn)">
      {strings.mode[mode]}
    </Badge>
  )
}
