import type { ActionType } from '@kantos/model'
import type { ComponentType } from 'react'
import { BranchForm } from './branch.tsx'
import { CreateRecordForm } from './create-record.tsx'
import { DeleteRecordForm } from './delete-record.tsx'
import { FindRecordsForm } from './find-records.tsx'
import { ForEachForm } from './for-each.tsx'
import type { ActionFormProps } from './form.ts'
import { SendEmailForm } from './send-email.tsx'
import { StopForm } from './stop.tsx'
import { UpdateRecordForm } from './update-record.tsx'
import { WaitForm } from './wait.tsx'
import { WebhookForm } from './webhook.tsx'

/** The form of each action. */
export const ACTION_FORMS = {
  send_email: SendEmailForm,
  update_record: UpdateRecordForm,
  create_record: CreateRecordForm,
  webhook: WebhookForm,
  wait: WaitForm,
  branch: BranchForm,
  delete_record: DeleteRecordForm,
  find_records: FindRecordsForm,
  for_each: ForEachForm,
  stop: StopForm,
} satisfies Record<ActionType, ComponentType<ActionFormProps>>
