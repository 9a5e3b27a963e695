import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { queryClient } from '../lib/query-client.ts'
import { cssVariables, theme } from './theme.ts'

const Overlays = lazy(() => import('./overlays.tsx').then((module) => ({ default: module.Overlays })))
/** The page itself loads first. */
const AFTER_THE_PAGE_MS = 500

/** What every page stands in: theme, data, dialogs, messages. */
export function Providers({ children }: { children: ReactNode }) {
  const [idle, setIdle] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setIdle(true), AFTER_THE_PAGE_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queryClient}>
        {children}
        {idle && (
          <Suspense fallback={null}>
            <Overlays />
          </Suspense>
        )}
      </QueryClientProvider>
    </MantineProvider>
  )
}
