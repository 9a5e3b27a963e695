import type { ClaimedEvent } from '../events/claim.ts'
import type { LiveRun } from './live-run.ts'
import { liveRun } from './row.ts'
import { failRun } from './settle.ts'
import { lockWatching, notice } from './watch.ts'
import type { Work } from './work.ts'

/** Takes the events to the runs that watch their records: some end, some are due now. */
export async function noticeEvents(work: Work, claimed: readonly ClaimedEvent[]): Promise<void> {
  const { rows, contested } = await lockWatching(work.batch.db, claimed)
  work.contested = contested
  for (const row of rows) {
    if (work.workspaces.get(row.workspace_id)!.held) continue
    const run = liveRun(row, await work.compiled(row))
    for (const entry of claimed) {
      const { event } = entry
      if (event.recordId !== run.recordId || event.workspaceId !== run.workspaceId) continue
      if (!(await noticeOne(work, run, entry))) continue
      work.runs.push(run)
      work.noticed.add(run.id)
      break
    }
  }
}

/** An event that nothing can be done about ends the run that it would wake, unless that much can be done. */
async function noticeOne({ batch, fail }: Work, run: LiveRun, entry: ClaimedEvent): Promise<boolean> {
  if (fail?.seqs.includes(entry.seq) !== true) return notice(batch, run, entry)
  await batch.db.query('savepoint notice')
  try {
    return await notice(batch, run, entry)
  } catch {
    await batch.db.query('rollback to savepoint notice')
    failRun(batch, run, { code: 'INTERNAL', message: fail.message })
    return true
  }
}
