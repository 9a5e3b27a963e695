import { Button, Stack } from '@mantine/core'
import { checkLink } from '@kantos/model'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Loading } from '../../components/states.tsx'
import { call } from '../../lib/client.ts'
import { sessionStrings } from '../../strings/session.ts'
import { Card } from './card.tsx'
import { SetupForm } from './setup-form.tsx'

const words = sessionStrings.setup
const route = getRouteApi('/setup')

/** What a one-time link is for: the first owner, a colleague who joins, a new password. Source: SPEC.md, section 14 */
export function SetupPage() {
  const { token } = route.useSearch()
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: ({ signal }) => call(checkLink, { body: { token } }, { signal }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })

  if (link.isPending) return <Loading />
  if (link.isError) {
    return (
      <Card title={words.bad} text={words.badText}>
        <Button component={Link} to="/login" variant="default" fullWidth>
          {words.toLogin}
        </Button>
      </Card>
    )
  }
  const { purpose, workspace } = link.data
  const title = purpose === 'owner' ? words.owner : purpose === 'invite' ? words.invite(workspace) : words.reset
  const text = purpose === 'owner' ? words.ownerText : purpose === 'invite' ? words.inviteText : words.resetText
  return (
    <Card title={title} text={text}>
      <Stack>
        <SetupForm token={token} purpose={purpose} givenEmail={link.data.email} />
      </Stack>
    </Card>
  )
}
