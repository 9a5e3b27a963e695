import type { Alert } from '@kantos/model'
import { Anchor, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Time } from '../../components/time.tsx'
import { overviewStrings as words } from '../../strings/overview.ts'
import classes from './overview.module.css'

/** What people were told of lately, and whether it reached them. */
export function Alerts({ alerts }: { alerts: readonly Alert[] }) {
  return (
    <section className={classes['section']}>
      <div className={classes['sectionHead']}>
        <Title order={2}>{words.alerts}</Title>
        <Anchor component={Link} to="/settings/alerts" size="sm">
          {words.change}
        </Anchor>
      </div>
      {alerts.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words.noAlerts}
        </Text>
      ) : (
        <ul className={classes['list']}>
          {alerts.map((alert) => (
            <li key={alert.id} className={classes['line']}>
              <div>
                <span>
                  {words.alert[alert.kind](alert.runs)}:{' '}
                  {alert.run_id === null ? (
                    alert.automation_name
                  ) : (
                    <Anchor component={Link} to={`/runs/${alert.run_id}` as never} size="sm">
                      {alert.automation_name}
                    </Anchor>
                  )}
                </span>
                <p className={classes['reason']}>
                  {words.byMail(words.delivery[alert.mail])}
                  {alert.webhook === 'off' ? '' : `, ${words.byWebhook(words.delivery[alert.webhook])}`}
                  {alert.error === null ? '' : `: ${alert.error}`}
                </p>
              </div>
              <span className={classes['when']}>
                <Time iso={alert.at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
