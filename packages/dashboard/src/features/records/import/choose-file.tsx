import { FileButton, Button, Loader, Stack, Text } from '@mantine/core'
import { IconFileSpreadsheet } from '@tabler/icons-react'
import { type DragEvent, useState } from 'react'
import { ErrorNote } from '../../../components/states.tsx'
import { recordStrings } from '../../../strings/records.ts'
import classes from './import.module.css'

const words = recordStrings.import

interface ChooseFileProps {
  reading: boolean
  error: unknown
  onChoose: (file: File) => void
}

/** Takes a CSV file, dropped or chosen. */
export function ChooseFile({ reading, error, onChoose }: ChooseFileProps) {
  const [over, setOver] = useState(false)
  function drop(event: DragEvent): void {
    event.preventDefault()
    setOver(false)
    const [file] = event.dataTransfer.files
    if (file !== undefined) onChoose(file)
  }
  return (
    <Stack gap="md">
      <section
        className={classes.drop}
        data-over={over}
        aria-label={words.choose}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        {reading ? (
          <>
            <Loader />
            <Text size="sm" role="status">
              {words.reading}
            </Text>
          </>
        ) : (
          <>
            <IconFileSpreadsheet size={28} stroke={1.4} color="var(--k-dimmed)" aria-hidden />
            <Text fw={500}>{words.drop}</Text>
            <Text size="sm" c="dimmed">
              {words.dropText}
            </Text>
            <FileButton accept=".csv,.tsv,.txt,text/csv" onChange={(file) => file !== null && onChoose(file)}>
              {(props) => (
                <Button {...props} variant="default" mt="xs">
                  {words.choose}
                </Button>
              )}
            </FileButton>
          </>
        )}
      </section>
      <ErrorNote error={error} />
    </Stack>
  )
}
