import { readSettings, type Settings, type SettingsPatch, updateSettings } from '@kantos/model'
import { useMutation, useQuery } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { notifyDone } from '../../lib/notify.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { settingsStrings } from '../../strings/settings.ts'

/** The settings of the workspace. */
export function useSettings() {
  return useQuery({
    queryKey: keys.settings,
    queryFn: ({ signal }) => call(readSettings, undefined, { signal }),
  })
}

/** Saves parts of the settings; those that aren't given stay. @param onSaved gets them as they are now */
export function useSaveSettings(onSaved: (settings: Settings) => void) {
  return useMutation({
    mutationFn: (patch: SettingsPatch) => call(updateSettings, { body: patch }),
    onSuccess: (answer) => {
      queryClient.setQueryData(keys.settings, answer)
      onSaved(answer)
      notifyDone(settingsStrings.saved)
    },
  })
}
