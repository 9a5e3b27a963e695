import type { Services } from '../../services.ts'
import type { Authenticator } from '../auth.ts'
import type { Api } from '../implement.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { asCodeRoutes } from './as-code.ts'
import { auditLogRoutes } from './audit-log.ts'
import { automationRoutes } from './automations.ts'
import { backtestRoutes } from './backtest.ts'
import { dryRunRoutes } from './dry-run.ts'
import { emailTemplateRoutes } from './email-templates.ts'
import { enlistmentRoutes } from './enlistments.ts'
import { holdRoutes } from './hold.ts'
import { importRoutes } from './imports.ts'
import { inboundRoutes } from './inbound.ts'
import { objectRoutes } from './objects.ts'
import { outboxRoutes } from './outbox.ts'
import { overviewRoutes } from './overview.ts'
import { recordEventRoutes } from './record-events.ts'
import { recordRoutes } from './records.ts'
import { runRoutes } from './runs.ts'
import { secretRoutes } from './secrets.ts'
import { sessionRoutes } from './session.ts'
import { settingsRoutes } from './settings.ts'
import { signingSecretRoutes } from './signing-secret.ts'
import { userRoutes } from './users.ts'
import { waitRoutes } from './waits.ts'

/** All routes of the API. */
export function registerRoutes(api: Api, services: Services, authenticator: Authenticator): void {
  sessionRoutes(api, services, authenticator)
  userRoutes(api, services, authenticator)
  apiKeyRoutes(api, services, authenticator)
  objectRoutes(api, services)
  recordRoutes(api, services)
  importRoutes(api, services)
  automationRoutes(api, services)
  asCodeRoutes(api, services)
  dryRunRoutes(api, services)
  backtestRoutes(api, services)
  enlistmentRoutes(api, services)
  runRoutes(api, services)
  waitRoutes(api, services)
  recordEventRoutes(api, services)
  emailTemplateRoutes(api, services)
  inboundRoutes(api, services)
  secretRoutes(api, services)
  settingsRoutes(api, services)
  holdRoutes(api, services)
  signingSecretRoutes(api, services)
  auditLogRoutes(api, services)
  outboxRoutes(api, services)
  overviewRoutes(api, services)
}
