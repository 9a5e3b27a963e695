import { RouterProvider } from '@tanstack/react-router'
import { Providers } from './providers.tsx'
import { router } from './router.tsx'

/** The dashboard. */
export function App() {
  return (
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  )
}
