import type { AutomationAnswer } from '@kantos/model'
import { Anchor, Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { timeAgo } from '../../lib/time.ts'
import { strings } from '../../strings/builder.ts'
import { silenceStrings, silenceWords } from '../../strings/silence.ts'
import { BackfillNotice } from './backfill.tsx'
import classes from './builder.module.css'
import type { DraftState } from './state/use-draft.ts'

interface NoticesProps {
  state: DraftState
  saved: AutomationAnswer | null
  canEdit: boolean
  isSwitching: boolean
  onTurnOn(): void
  onDiscard(): void
}

/** What must be known before editing: changes that came back, the loop guard's flag, a backfill, a silence, a viewer's role. */
export function Notices({ state, saved, canEdit, isSwitching, onTurnOn, onDiscard }: NoticesProps) {
  return (
    <>
      {canEdit ? null : <p className={classes['notice']}>{strings.readOnly}</p>}
      {state.restoredAt === null ? null : (
        <p className={classes['notice']} role="status">
          <span>
            {strings.restored(timeAgo(new Date(state.restoredAt).toISOString()))}{' '}
            {state.restoredOld ? strings.restoredOld : ''}
          </span>
          <Button variant="default" size="compact-xs" onClick={onDiscard}>
            {strings.discard}
          </Button>
          <Button variant="subtle" color="gray" size="compact-xs" onClick={state.dismissRestored}>
            OK
          </Button>
        </p>
      )}
      {saved === null ? null : <BackfillNotice saved={saved} />}
      {(saved?.flags ?? []).map((flag) => (
        <p key={flag.run_id} className={classes['notice']} data-tone="bad">
          <span>
            {flag.code === 'FAILING' && saved?.status === 'active' ? strings.failingOn : strings.flags[flag.code]}
          </span>
          <Anchor component={Link} to={`/runs/${flag.run_id}` as never} size="sm">
            {strings.seeRun}
          </Anchor>
          {flag.code === 'FAILING' && saved?.status === 'inactive' && canEdit ? (
            <Button variant="default" size="compact-xs" onClick={onTurnOn} loading={isSwitching}>
              {strings.turnOn}
            </Button>
          ) : null}
        </p>
      ))}
      {silenceWords(saved ?? {}).map((words) => (
        <p key={words} className={classes['notice']} data-tone="warn">
          <span>{words}</span>
          {saved?.silent?.last_run_id == null ? null : (
            <Anchor component={Link} to={`/runs/${saved.silent.last_run_id}` as never} size="sm">
              {silenceStrings.lastRun}
            </Anchor>
          )}
        </p>
      ))}
    </>
  )
}
