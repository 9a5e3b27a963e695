import { Button } from '@mantine/core'
import { IconBox } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Page } from '../../components/page.tsx'
import { EmptyState } from '../../components/states.tsx'
import { strings } from '../../strings/common.ts'

/** An address that names no object. */
export function NoObject() {
  return (
    <Page title={strings.missing}>
      <EmptyState
        icon={<IconBox size={22} stroke={1.6} />}
        title={strings.notFound.title}
        action={
          <Button variant="default" component={Link} to="/automations">
            {strings.notFound.back}
          </Button>
        }
      >
        {strings.notFound.text}
      </EmptyState>
    </Page>
  )
}
