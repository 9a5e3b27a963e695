import {
  type AutomationAnswer,
  createAutomationRoute,
  createEmailTemplateRoute,
  readSigningSecret,
  type Run,
  TRIGGERS,
} from '@kantos/model'
import { durationWords } from '../terminal/duration.ts'
import { createPaint, lineWidth, type Paint } from '../terminal/paint.ts'
import { ruleWords } from '../terminal/rule-words.ts'
import { runStory } from '../terminal/run-story.ts'
import { mailLines, webhookLines } from './arrivals.ts'
import { dealWon, WEB_FORM, WELCOME_TEMPLATE, welcomeLead } from './automations.ts'
import { type DemoInstallation, startInstallation } from './installation.ts'
import { newRuns } from './new-runs.ts'
import { demoScenes, type Scene } from './scenes.ts'

const WIDEST = 110

/**
 * `kantos demo`: the main job, on a real installation in a temporary folder: three automations built over the API, real
 * events, and what happened as the execution log, the mail server and the webhooks' receiver tell it.
 *
 * Exit code 1 when something didn't go as it should.
 */
export async function demo(): Promise<void> {
  const begun = performance.now()
  const paint = createPaint(process.stdout)
  heading('Kantos Automations', paint)
  const demoed = await startInstallation()
  // a terminal's Ctrl-C comes more than once: to each process of the group, and from one to the next
  let leaving = false
  const leave = () => {
    if (!leaving) void demoed.close().then(() => process.exit(130))
    leaving = true
  }
  process.on('SIGINT', leave).on('SIGTERM', leave)
  try {
    say(`A whole installation in a temporary folder: database, API and worker, started in ${since(begun)},`)
    say('with a mail server and a web server of its own to receive what leaves.')
    const automations = await build(demoed)
    heading('Three automations, built over the API', paint)
    for (const automation of automations) for (const line of describe(automation, paint)) say(line)
    const formUrl = automations.at(-1)!.webhook!.url
    const runs = await play(demoed, demoScenes(demoed.client, formUrl), paint)
    conclude(runs, demoed, begun, paint)
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave)
    await demoed.close()
  }
  say(paint('dim', `The temporary folder is removed. All of this took ${since(begun)}.`))
  say(`${paint('bold', 'npm start')} is the same for your own work.`)
}

async function build({ client, webhookUrl }: DemoInstallation): Promise<AutomationAnswer[]> {
  const template = await client.call(createEmailTemplateRoute, { body: WELCOME_TEMPLATE })
  const built: AutomationAnswer[] = []
  for (const body of [welcomeLead(template.id, webhookUrl), dealWon(webhookUrl), WEB_FORM])
    built.push(await client.call(createAutomationRoute, { body }))
  return built
}

/** Lets the scenes happen one after another, and tells each from the log. */
async function play(demoed: DemoInstallation, scenes: Scene[], paint: Paint): Promise<Run[]> {
  const { client, mails, webhooks } = demoed
  const { secret } = await client.call(readSigningSecret)
  const width = lineWidth(process.stdout, WIDEST)
  const told = new Set<string>()
  const all: Run[] = []
  for (const { title, call, runs: count, act } of scenes) {
    heading(title, paint)
    const [mailsBefore, webhooksBefore] = [mails.length, webhooks.length]
    const begun = performance.now()
    await act()
    const runs = await newRuns(client, told, count)
    say(`${paint('cyan', call)}${paint('dim', `  all done ${since(begun)} later`)}`)
    for (const run of runs) {
      const parent = [...all, ...runs].find(({ id }) => id === run.chain.parent_run_id)
      say('')
      for (const line of runStory(run, { paint, width: width - 2, causedBy: parent?.automation_name })) say(line)
    }
    const arrived = [
      ...mails.slice(mailsBefore).map((mail) => mailLines(mail, paint)),
      ...webhooks.slice(webhooksBefore).map((webhook) => webhookLines(webhook, secret, width - 2, paint)),
    ]
    for (const lines of arrived) for (const line of ['', ...lines]) say(line)
    all.push(...runs)
  }
  return all
}

function conclude(runs: Run[], { mails, webhooks }: DemoInstallation, begun: number, paint: Paint): void {
  const failed = runs.filter(({ status }) => status !== 'succeeded' && status !== 'skipped')
  const steps = runs.flatMap((run) => run.steps)
  heading(failed.length === 0 ? 'That is all' : 'Something went wrong', paint)
  say(
    `${runs.length} runs, ${steps.length} steps, ${mails.length} e-mails, ${webhooks.length} webhooks: ` +
      'each in the execution log, none lost, none twice.',
  )
  if (failed.length > 0) {
    process.exitCode = 1
    process.stderr.write(
      `${failed.map(({ automation_name, status }) => `${automation_name}: ${status}`).join(', ')} after ${since(begun)}\n`,
    )
  }
}

/** `Welcome a lead`, when it runs, if what holds, and then its actions. */
function describe({ name, trigger, conditions, actions }: AutomationAnswer, paint: Paint): string[] {
  const about = 'object' in trigger ? ` (${trigger.object})` : ''
  const when = `${TRIGGERS[trigger.event].label}${about}${trigger.event === 'field.changed' ? `, ${trigger.field} to ${String(trigger.to)}` : ''}`
  const rules = conditions.rules.map((rule) =>
    ruleWords('rules' in rule ? (rule as never) : ({ ...rule, expected: rule.value } as never)),
  )
  const label = (text: string) => paint('dim', text)
  return [
    '',
    paint('bold', name),
    `  ${label('when')} ${when}${rules.length === 0 ? '' : `  ${label('if')} ${rules.join(' and ')}`}`,
    ...actionLines(actions, `  ${label('then')} `, paint),
  ]
}

type Actions = readonly { type: string; config: Record<string, unknown> }[]
type Arms = readonly { if?: Parameters<typeof ruleWords>[0] & { value?: unknown }; then?: Actions; else?: Actions }[]

/** The actions in a row; a branch's ways below it. */
function actionLines(actions: Actions, lead: string, paint: Paint): string[] {
  const lines = [`${lead}${actions.map(({ type }) => type).join(paint('dim', ' → '))}`]
  for (const { type, config } of actions)
    if (type === 'branch')
      for (const { if: rule, then, else: other } of config.conditions as Arms) {
        const way = rule === undefined ? 'else' : `if ${ruleWords({ ...rule, expected: rule.value } as never)}`
        lines.push(...actionLines(then ?? other ?? [], `       ${paint('dim', `${way}:`)} `, paint))
      }
  return lines
}

function heading(text: string, paint: Paint): void {
  process.stdout.write(`\n${paint(['bold', 'blue'], `── ${text} ${'─'.repeat(Math.max(3, 72 - text.length))}`)}\n\n`)
}

function say(line: string): void {
  process.stdout.write(`${line === '' ? '' : `  ${line}`}\n`)
}

function since(begun: number): string {
  return durationWords(performance.now() - begun)
}
