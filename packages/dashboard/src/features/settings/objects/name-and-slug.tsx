import { slugOf } from '@kantos/model'
import { TextInput } from '@mantine/core'
import { settingsStrings } from '../../../strings/settings.ts'

const words = settingsStrings.objects

interface NameAndSlugProps {
  name: string
  onName: (name: string) => void
  /** null: what it names exists, and its slug stays */
  slug: string | null
  onSlug: (slug: string) => void
  errors: Record<string, string>
}

/** What an object or a field is called, and while it is new its slug: empty, it follows from the name. */
export function NameAndSlug({ name, onName, slug, onSlug, errors }: NameAndSlugProps) {
  return (
    <>
      <TextInput
        label={settingsStrings.name}
        required
        data-autofocus
        error={errors['name']}
        value={name}
        onChange={(event) => onName(event.currentTarget.value)}
      />
      {slug === null ? null : (
        <TextInput
          label={words.slug}
          description={words.slugHint}
          placeholder={name.trim() === '' ? undefined : slugOf(name)}
          error={errors['slug']}
          value={slug}
          onChange={(event) => onSlug(event.currentTarget.value)}
        />
      )}
    </>
  )
}
