import { Anchor, Table, Text } from '@mantine/core'
import type { AuditEntry, ObjectAnswer } from '@kantos/model'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Time } from '../../components/time.tsx'
import { capital, findObject, useObjects } from '../../lib/objects.ts'
import { strings } from '../../strings/common.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { actionWords, detailsOf } from './audit-words.ts'
import classes from './settings.module.css'

const words = settingsStrings.audit

/** One entry of the audit log: when, who, what, of what, and more on demand. */
export function AuditRow({ entry }: { entry: AuditEntry }) {
  const { at, action, ip } = entry
  const [opened, setOpened] = useState(false)
  const details = detailsOf(entry)
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <Time iso={at} as="full" />
      </Table.Td>
      <Table.Td miw={140}>
        {actorOf(entry)}
        {ip !== null && (
          <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            {words.ip} {ip}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{actionWords(action)}</Table.Td>
      <Table.Td>
        <Target entry={entry} />
        {details.length > 0 && (
          <div>
            <Anchor
              component="button"
              type="button"
              size="xs"
              c="dimmed"
              aria-expanded={opened}
              onClick={() => setOpened(!opened)}
            >
              {opened ? words.fewer : words.details}
            </Anchor>
            {opened && (
              <dl className={classes.details}>
                {details.map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            )}
          </div>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function actorOf({ actor, actor_name: name }: AuditEntry): string {
  if (name !== null) return name
  if (actor === 'system') return words.system
  return capital(actor.startsWith('user_') ? strings.formerUser : actor)
}

/** What was changed, by its name; an automation that may still be there is a link. */
function Target({ entry: { target, target_name: name, action } }: { entry: AuditEntry }) {
  const objects = useObjects()
  if (target === null) return <>{name}</>
  if (target.startsWith('auto_') && action !== 'automation.deleted')
    return (
      <Link to="/automations/$automationId" params={{ automationId: target }} className="plain">
        {name ?? target}
      </Link>
    )
  if (target.startsWith('run_'))
    return (
      <Link to="/runs/$runId" params={{ runId: target }} className="plain">
        {words.run}
      </Link>
    )
  return <>{name ?? fieldOrObject(target, objects)}</>
}

/** `obj_leads` → "Leads", `leads.status` → "Leads › Status"; else as it is. */
function fieldOrObject(target: string, objects: readonly ObjectAnswer[]): string {
  if (target.startsWith('obj_')) return findObject(objects, target)?.name ?? target
  const [slug = '', field] = target.split('.')
  const object = field === undefined ? undefined : findObject(objects, slug)
  if (object === undefined) return target
  return `${object.name} › ${object.fields.find((one) => one.slug === field)?.name ?? field}`
}
