/** What is still to be entered, by the last part of its place in the document. */
export const missing: Readonly<Record<string, string>> = {
  name: 'Give the automation a name.',
  trigger: 'Choose what starts it.',
  event: 'Choose what starts it.',
  actions: 'Add at least one step.',
  object: 'Choose an object.',
  object_definition_id: 'Choose an object.',
  field: 'Choose a field.',
  rules: 'Add a rule.',
  value: 'Enter a value.',
  template_id: 'Choose an e-mail template.',
  config: 'Choose an e-mail template, or write the e-mail here.',
  subject: 'Write a subject.',
  body: 'Write the text.',
  to: 'Enter who gets it.',
  url: 'Enter the URL.',
  cron: 'Enter when it runs.',
  duration: 'Enter how long to wait.',
  until: 'Choose a date.',
  timeout: 'Enter how long to wait at most.',
  days: 'Enter how many days.',
  items: 'Enter the list to go through.',
  record_id: 'Enter the record’s id.',
  fields: 'Choose at least one field to change.',
  data: 'Choose at least one field.',
}

/** A rule whose value is missing. */
export const missingValue = (field: string): string => `Enter a value for ${field}.`
