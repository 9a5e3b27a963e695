import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import { overlaysAreReady } from '../lib/overlays-ready.ts'
import { strings } from '../strings/common.ts'

/** Dialogs and messages; they are loaded after the page that may need them. */
export function Overlays() {
  useEffect(overlaysAreReady, [])
  return (
    <ModalsProvider labels={{ confirm: strings.confirm, cancel: strings.cancel }}>
      <Notifications position="bottom-right" autoClose={5000} limit={4} />
    </ModalsProvider>
  )
}
