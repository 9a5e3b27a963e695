import type { BacktestProgress, BacktestResult } from '@kantos/model'
import { useCallback, useEffect, useRef, useState } from 'react'
import { strings } from '../../../strings/builder.ts'
import { lookBack } from '../api.ts'
import { bodyOf, type Draft } from '../document/draft.ts'
import { type LookBackTimes, lookBackBody, lastDays } from './times.ts'

interface Looked {
  isRunning: boolean
  progress: BacktestProgress | null
  result: BacktestResult | null
  error: unknown
}

const NOTHING: Looked = { isRunning: false, progress: null, result: null, error: null }
const DAYS = 7

/** A look back at what the draft would have done. @param id of the saved automation, null for a new one */
export function useLookBack(id: string | null, draft: Draft, isDirty: boolean) {
  const [times, setTimes] = useState<LookBackTimes>(() => lastDays(DAYS, new Date()))
  const [state, setState] = useState<Looked>(NOTHING)
  const [tried, setTried] = useState<Draft | null>(null)
  const running = useRef<AbortController | null>(null)
  const stop = useCallback(() => running.current?.abort(), [])
  useEffect(() => stop, [stop])

  const run = async (): Promise<void> => {
    if (id === null) return
    stop()
    const own = new AbortController()
    running.current = own
    setTried(draft)
    setState({ ...NOTHING, isRunning: true })
    const automation = bodyOf({ ...draft, name: draft.name.trim() === '' ? strings.newTitle : draft.name })
    try {
      const body = { ...lookBackBody(times), ...(isDirty ? { automation } : {}) }
      for await (const line of lookBack(id, body, own.signal)) {
        if (own.signal.aborted) return
        if (line.type === 'progress') setState((now) => ({ ...now, progress: line }))
        if (line.type === 'result') setState((now) => ({ ...now, result: line }))
      }
    } catch (error) {
      if (!own.signal.aborted) setState((now) => ({ ...now, error }))
    } finally {
      if (running.current === own) setState((now) => ({ ...now, isRunning: false }))
    }
  }
  return {
    ...state,
    times,
    setTimes,
    /** what the result was found with */
    tried,
    isStale: tried !== null && tried !== draft,
    run: () => void run(),
    stop,
  }
}
