import { Button, Stack } from '@mantine/core'
import { ModalsProvider } from '@mantine/modals'
import { Notifications, notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import { overlaysAreReady } from '../lib/overlays-ready.ts'
import { strings } from '../strings/common.ts'

/** Dialogs and messages; they are loaded after the page that may need them. */
export function Overlays() {
  useEffect(overlaysAreReady, [])
  useEffect(() => {
    window.addEventListener('vite:preloadError', sayNotLoaded)
    return () => window.removeEventListener('vite:preloadError', sayNotLoaded)
  }, [])
  return (
    <ModalsProvider labels={{ confirm: strings.confirm, cancel: strings.cancel }}>
      <Notifications position="bottom-right" autoClose={5000} limit={4} />
    </ModalsProvider>
  )
}

/** A part of the page can't be loaded: the server is out of reach, or has a newer version by now. Without a word its button would seem dead. */
function sayNotLoaded(): void {
  const { title, text } = strings.notLoaded
  notifications.show({
    id: 'not-loaded',
    title,
    color: 'red',
    withBorder: true,
    autoClose: false,
    message: (
      <Stack gap="xs" align="flex-start">
        {text}
        <Button size="xs" variant="default" onClick={() => location.reload()}>
          {strings.crash.reload}
        </Button>
      </Stack>
    ),
  })
}
