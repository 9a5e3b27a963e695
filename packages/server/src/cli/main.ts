import { Command, InvalidArgumentError } from 'commander'
import { type Config, readConfig } from './config.ts'

/**
 * `kantos`: data goes to stdout, words to stderr. Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.
 *
 * Source: SPEC.md, section 14
 */
const ROLES = ['api', 'worker', 'all'] as const
const STATUSES = 'queued, running, waiting, succeeded, failed, skipped, cancelled, blocked'

let config: Config | null = null
const settings = () => (config = readConfig(process.env))

const program = new Command('kantos')
  .description('Self-hosted automations for a CRM.')
  .showHelpAfterError()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

program
  .command('serve')
  .description('run the API and dashboard, a worker, or both')
  .option('--role <role>', 'api, worker or all', oneOf(ROLES), 'all')
  .action(async ({ role }: { role: (typeof ROLES)[number] }) => {
    const { serve } = await import('./serve.ts')
    await serve(settings(), role)
  })

program
  .command('migrate')
  .description('bring the database to this version')
  .option('--json', 'print the applied migrations as JSON')
  .action(async (options) => {
    const { migrateCommand } = await import('./migrate.ts')
    await migrateCommand(settings(), options)
  })

program
  .command('import')
  .description('import records from a CSV file; the first row names the fields')
  .argument('<file>', 'a CSV file, or - for stdin')
  .requiredOption('--object <object>', 'the object of the records, such as leads')
  .option('--map <column=field...>', 'the field of a column; nothing after = leaves the column out')
  .option(
    '--delimiter <delimiter>',
    'comma, semicolon or tab; found out when not given',
    oneOf(['comma', 'semicolon', 'tab']),
  )
  .option('--workspace <name>', 'the workspace', 'default')
  .option('--json', 'print the result as JSON')
  .action(async (file: string, options) => {
    const { importCommand } = await import('./import.ts')
    await importCommand(settings(), file, options)
  })

const automations = program.command('automations').description('automations, e-mail templates and objects as files')
automations
  .command('pull')
  .description('write what the workspace has into files; comments in them stay')
  .argument('<dir>', 'a folder, made when it is not there')
  .option('--prune', 'remove files of what the workspace does not have')
  .option('--workspace <name>', 'the workspace, default when not given')
  .option('--url <url>', 'a server to work on over its API, such as https://crm.example.org; or KANTOS_URL')
  .option('--key <key>', 'a server key of it; or KANTOS_API_KEY')
  .option('--json', 'print the files as JSON')
  .action(async (dir: string, options) => {
    const { pullCommand } = await import('./automations.ts')
    await pullCommand(settings(), dir, options)
  })
automations
  .command('diff')
  .description('show what applying the files would change')
  .argument('<dir>')
  .option('--prune', 'what the files do not have would be deleted')
  .option('--check', 'exit with 1 when anything differs')
  .option('--workspace <name>', 'the workspace, default when not given')
  .option('--url <url>', 'a server to work on over its API, such as https://crm.example.org; or KANTOS_URL')
  .option('--key <key>', 'a server key of it; or KANTOS_API_KEY')
  .option('--json', 'print the plan as JSON')
  .action(async (dir: string, options) => {
    const { diffCommand } = await import('./automations.ts')
    await diffCommand(settings(), dir, options)
  })
automations
  .command('apply')
  .description('make the workspace what the files say: all of it, or nothing')
  .argument('<dir>')
  .option('--prune', 'delete what the files do not have')
  .option('-y, --yes', 'do not ask')
  .option('--workspace <name>', 'the workspace, default when not given')
  .option('--url <url>', 'a server to work on over its API, such as https://crm.example.org; or KANTOS_URL')
  .option('--key <key>', 'a server key of it; or KANTOS_API_KEY')
  .option('--json', 'print the plan as JSON')
  .action(async (dir: string, options) => {
    const { applyCommand } = await import('./automations.ts')
    await applyCommand(settings(), dir, options)
  })

program
  .command('run')
  .description('try the automation of a file: nothing is written or sent')
  .argument('<file>', 'YAML or JSON, or - for stdin')
  .option('--record <id>', 'the record to try it on; the newest one when not given')
  .option('--change <field=value...>', 'an invented change, such as stage=Won')
  .option('--event <id>', 'a past event')
  .option('--workspace <name>', 'the workspace, default when not given')
  .option('--url <url>', 'a server to try it on over its API, such as https://crm.example.org; or KANTOS_URL')
  .option('--key <key>', 'a server key of it; or KANTOS_API_KEY')
  .option('--json', 'print the run as JSON')
  .action(async (file: string, options) => {
    const { runCommand } = await import('./run.ts')
    await runCommand(settings(), file, options)
  })

program
  .command('backup')
  .description('write everything to a file, also while Kantos runs')
  .argument('<file>', 'a new file, or - for stdout')
  .option('--with-key', 'put in the key that opens secrets: whoever has the file can read them then')
  .option('--json', 'print what was written as JSON')
  .action(async (file: string, options) => {
    const { backupCommand } = await import('./backup.ts')
    await backupCommand(settings(), file, options)
  })

program
  .command('restore')
  .description('bring an empty installation to what a backup holds, on hold')
  .argument('<file>', 'a backup, or - for stdin')
  .option('--force', 'overwrite an installation that has nothing but its default workspace')
  .option('--json', 'print what was restored as JSON')
  .action(async (file: string, options) => {
    const { restoreCommand } = await import('./restore.ts')
    await restoreCommand(settings(), file, options)
  })

program
  .command('hold')
  .description('let nothing start or leave until it is released')
  .option('--workspace <name>', 'one workspace; all when not given')
  .option('--note <text>', 'why, for those who read the banner')
  .option('--json', 'print the workspaces as JSON')
  .action(async (options) => {
    const { holdCommand } = await import('./hold.ts')
    await holdCommand(settings(), options)
  })

program
  .command('release')
  .description('let go on what is on hold, as after a restore')
  .requiredOption(
    '--runs <what>',
    'continue: what stood still goes on; cancel: what was there before is cancelled',
    oneOf(['continue', 'cancel']),
  )
  .option('--workspace <name>', 'one workspace; all when not given')
  .option('--json', 'print the workspaces as JSON')
  .action(async (options) => {
    const { releaseCommand } = await import('./hold.ts')
    await releaseCommand(settings(), options)
  })

const runs = program.command('runs').description('the execution log')
runs
  .command('tail')
  .description('show the newest runs, and follow what happens')
  .option('-n, --lines <number>', 'how many earlier runs to show', wholeNumber(1000), 10)
  .option('--no-follow', 'end after the earlier runs')
  .option('--status <statuses>', `some of ${STATUSES}; commas between them`)
  .option('--automation <id>', 'runs of this automation')
  .option('--record <id>', 'runs of this record')
  .option('--mode <mode>', 'live or test', oneOf(['live', 'test']))
  .option('--workspace <name>', 'the workspace', 'default')
  .option('--json', 'one run a line, as JSON')
  .action(async (options) => {
    const { tailRuns } = await import('./runs-tail.ts')
    await tailRuns(settings(), options)
  })

const workspace = program.command('workspace').description('the workspaces of this installation')
workspace
  .command('create')
  .description('make one more workspace, and print its first API key')
  .argument('<name>')
  .option('--json', 'print id, slug and key as JSON')
  .action(async (name: string, options) => {
    const { createWorkspaceCommand } = await import('./workspace-create.ts')
    await createWorkspaceCommand(settings(), name, options)
  })

program
  .command('demo')
  .description('build three automations in a temporary folder, let real events flow, and tell what happened')
  .action(async () => {
    const { demo } = await import('./demo/demo.ts')
    await demo()
  })

function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((one) => one === text)
    if (found === undefined) throw new InvalidArgumentError(`It must be one of ${known.join(', ')}.`)
    return found
  }
}

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (text.trim() === '' || !Number.isInteger(number) || number < 0 || number > max)
      throw new InvalidArgumentError(`It must be a whole number from 0 to ${max}.`)
    return number
  }
}

// whoever reads our output may have enough of it: `kantos runs tail | head`
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  await program.parseAsync()
} catch (error) {
  const { explainFailure } = await import('./failure.ts')
  process.stderr.write(`${explainFailure(error, config)}\n`)
  if (process.env.LOG_LEVEL === 'debug' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}
