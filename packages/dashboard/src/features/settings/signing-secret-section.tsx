import { ActionIcon, Button, Stack, Text } from '@mantine/core'
import { readSigningSecret, rotateSigningSecret } from '@kantos/model'
import { IconEye, IconEyeOff } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { confirm } from '../../components/confirm.tsx'
import { Copy } from '../../components/copy.tsx'
import { Time } from '../../components/time.tsx'
import { call } from '../../lib/client.ts'
import { notifyDone, notifyError } from '../../lib/notify.ts'
import { keys } from '../../lib/query-keys.ts'
import { settingsStrings } from '../../strings/settings.ts'
import { Section } from './section.tsx'
import classes from './settings.module.css'

const words = settingsStrings.signing

/** The secret that signs outbound webhooks, and its rotation. Source: SPEC.md, section 11 */
export default function SigningSecretSection() {
  const queryClient = useQueryClient()
  const found = useQuery({
    queryKey: keys.signingSecret,
    queryFn: ({ signal }) => call(readSigningSecret, undefined, { signal }),
  })
  const rotate = useMutation({
    mutationFn: () => call(rotateSigningSecret),
    onSuccess: (answer) => {
      queryClient.setQueryData(keys.signingSecret, answer)
      notifyDone(words.rotated)
    },
    onError: notifyError,
  })

  async function askAndRotate(): Promise<void> {
    const sure = await confirm({
      title: words.rotateTitle,
      text: words.rotateText,
      confirm: words.rotate,
      danger: false,
    })
    if (sure) rotate.mutate()
  }

  return (
    <Section
      title={settingsStrings.sections['signing-secret']}
      intro={words.intro}
      action={
        <Button variant="default" onClick={() => void askAndRotate()} loading={rotate.isPending}>
          {words.rotate}
        </Button>
      }
      query={found}
    >
      {found.data !== undefined && (
        <Stack>
          <Hidden value={found.data.secret} />
          {found.data.previous !== null && (
            <>
              <Text size="sm" c="dimmed">
                {words.previous} <Time iso={found.data.previous.expires_at} as="full" />.
              </Text>
              <Hidden value={found.data.previous.secret} />
            </>
          )}
        </Stack>
      )}
    </Section>
  )
}

function Hidden({ value }: { value: string }) {
  const [shown, setShown] = useState(false)
  return (
    <div className={classes.secret}>
      <span>{shown ? value : `${value.slice(0, 6)}${'•'.repeat(24)}`}</span>
      <ActionIcon onClick={() => setShown(!shown)} aria-label={shown ? words.hide : words.show}>
        {shown ? <IconEyeOff size={16} /> : <IconEye size={16} />}
      </ActionIcon>
      <Copy value={value} label={words.secret} />
    </div>
  )
}
