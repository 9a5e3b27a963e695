import { Command, InvalidArgumentError } from 'commander'
import { ConfigError, readConfig } from './config.ts'

const ROLES = ['api', 'worker', 'all'] as const

const program = new Command('kantos').description('Self-hosted automations for a CRM.').showHelpAfterError()

program
  .command('serve')
  .description('run the API and dashboard, a worker, or both')
  .option('--role <role>', 'api, worker or all', parseRole, 'all')
  .action(async ({ role }: { role: (typeof ROLES)[number] }) => {
    const { serve } = await import('./serve.ts')
    await serve(readConfig(process.env), role)
  })

program
  .command('migrate')
  .description('bring the database to this version')
  .action(async () => {
    const { migrateCommand } = await import('./migrate.ts')
    await migrateCommand(readConfig(process.env))
  })

function parseRole(text: string): (typeof ROLES)[number] {
  const role = ROLES.find((known) => known === text)
  if (role === undefined) throw new InvalidArgumentError(`It must be one of ${ROLES.join(', ')}.`)
  return role
}

try {
  await program.parseAsync()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${message}\n`)
  if (!(error instanceof ConfigError) && process.env.LOG_LEVEL === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}
