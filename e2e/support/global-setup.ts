import { tmpdir } from 'node:os'
import type { TestProject } from 'vitest/node'
import { prepareDashboard } from '../../packages/server/src/cli/dashboard.ts'
import { startProduct } from './product.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** the installation that most tests share, its owner and a server key */
    installation: { url: string; email: string; password: string; key: string }
  }
}

const EMAIL = 'olga@example.com'
const PASSWORD = 'correct horse battery'
const KEY = 'kantos_e2e_0123456789abcdef'

/** Builds the dashboard once, and starts the product that all files share; a file may start another one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { building } = await prepareDashboard(tmpdir())
  const failure = await building
  if (failure !== null) throw new Error(`The dashboard can't be built: ${failure}`)
  const product = await startProduct({
    KANTOS_OWNER_EMAIL: EMAIL,
    KANTOS_OWNER_PASSWORD: PASSWORD,
    KANTOS_API_KEY: KEY,
    EGRESS_ALLOW: '127.0.0.1',
  })
  project.provide('installation', { url: product.url, email: EMAIL, password: PASSWORD, key: KEY })
  return product.stop
}
