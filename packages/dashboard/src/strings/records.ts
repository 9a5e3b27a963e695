import { number } from '../lib/time.ts'

interface RowsToImport {
  good: number
  total: number
  /** false: of a long file only the first rows were looked at */
  areAllChecked: boolean
  /** the file goes on behind what was sent, and `total` is worked out */
  isEstimate: boolean
}

/** Words of records: tables, pages, import, export. */
export const recordStrings = {
  search: (name: string) => `Search ${name.toLowerCase()}`,
  create: (one: string) => `New ${one}`,
  createTitle: (one: string) => `New ${one}`,
  createSubmit: (one: string) => `Create ${one}`,
  created: (title: string) => `“${title}” was created.`,
  total: (count: string, capped: boolean) => (count === '1' ? '1 record' : `${count}${capped ? '+' : ''} records`),
  selected: (count: string) => `${count} selected`,
  clearSelection: 'Clear the selection',
  selectAll: 'Select all loaded records',
  select: (title: string) => `Select ${title}`,
  open: (title: string) => `Open ${title}`,
  sortBy: (name: string) => `Sort by ${name}`,
  columns: 'Columns',
  importCsv: 'Import',
  exportCsv: 'Export',
  exported: 'The export was saved.',
  more: 'More',
  delete: 'Delete',
  deleteTitle: (count: number, one: string) => (count === 1 ? `Delete this ${one}?` : `Delete ${count} records?`),
  deleteText: 'This can’t be undone. Automations that listen to deletions will run.',
  deleted: (count: number) => (count === 1 ? 'The record was deleted.' : `${count} records were deleted.`),
  edit: (field: string) => `Edit ${field}`,
  gridHelp: 'Arrow keys move, Enter edits a cell, Escape leaves it, Space selects the row.',
  empty: {
    title: (name: string) => `No ${name.toLowerCase()} yet`,
    text: 'Create one, import a CSV file, or let an automation or the API bring them in.',
    none: 'No record matches',
    noneText: 'Try another word, or clear the filters.',
    clear: 'Clear the filters',
  },
  filter: {
    button: 'Filter',
    count: (count: number) => `Filter: ${count}`,
    add: 'Add a filter',
    apply: 'Apply',
    clear: 'Clear all',
    remove: 'Remove this filter',
    field: 'Field',
    operator: 'Comparison',
    value: 'Value',
    none: 'All records are shown.',
    operators: {
      $eq: 'is',
      $ne: 'is not',
      $contains: 'contains',
      $in: 'is one of',
      $nin: 'is none of',
      $gt: 'is more than',
      $gte: 'is at least',
      $lt: 'is less than',
      $lte: 'is at most',
      $empty: 'is empty',
      $filled: 'is not empty',
    },
  },
  page: {
    back: (name: string) => `Back to ${name}`,
    record: 'Record',
    fields: 'Fields',
    history: 'History',
    created: 'Created',
    updated: 'Updated',
    by: 'by',
    id: 'Record id',
    gone: 'This record doesn’t exist',
    goneText: 'It may have been deleted long ago, or the link is not complete.',
    deleted: 'This record was deleted',
    deletedText: 'What happened to it is kept for a while.',
    toStart: 'Go to the start',
    run: 'Run automation',
    noRun: 'No active automation works on these records',
    started: (name: string) => `“${name}” was started.`,
    startedMany: (name: string, count: string) => `“${name}” was started on ${count} records.`,
  },
  history: {
    empty: 'Nothing has happened yet',
    theRecord: 'The record',
    quoted: (name: string) => `“${name}”`,
    deeds: {
      'record.created': 'created the record',
      'record.updated': 'changed the record',
      'record.deleted': 'deleted the record',
      schedule: 'picked the record',
      'webhook.received': 'called a webhook',
      'date.reached': 'reached a date',
      manual: 'started an automation',
    },
    types: {
      'record.created': 'was created',
      'record.updated': 'was changed',
      'record.deleted': 'was deleted',
      schedule: 'was picked by a schedule',
      'webhook.received': 'got a webhook call',
      'date.reached': 'reached a date',
      manual: 'had an automation started by hand',
    },
    sources: {
      ui: 'in the dashboard',
      api: 'through the API',
      import: 'by an import',
      automation: 'by an automation',
      intake: 'through an intake key',
      schedule: 'by a schedule',
      webhook: 'by a webhook',
      manual: 'by hand',
    },
    verdicts: {
      ran: 'Ran',
      skipped: 'Skipped',
      blocked: 'Blocked',
      not_matched: 'Did not match',
      inactive: 'Was off',
      pending: 'About to run',
      expired: 'Log expired',
    },
    none: 'No automation listened to this.',
    others: (count: number) => `${count} more that did not run`,
    fewer: 'Show fewer',
    more: 'Show older events',
    empties: 'empty',
  },
  import: {
    title: (name: string) => `Import ${name.toLowerCase()}`,
    notAllowed: 'Your role doesn’t allow imports',
    notAllowedText: 'Ask an administrator to make you an editor.',
    choose: 'Choose a CSV file',
    drop: 'Drop a CSV file here, or choose one',
    dropText: 'The first line holds the names of the columns. Comma, semicolon or tab between them.',
    reading: 'Reading the file…',
    mapping: 'Columns',
    mappingText: 'Choose the field that each column fills. A column without a field is left out.',
    column: 'Column in the file',
    field: 'Field',
    sample: 'First values',
    leaveOut: 'Leave out',
    rows: (count: string) => (count === '1' ? '1 row' : `${count} rows`),
    /** @param runs as they are written, @param count as they are */
    starts: (runs: string, count: number, automations: number) =>
      `This will start ${runs} ${count === 1 ? 'run' : 'runs'} of ${automations === 1 ? '1 automation' : `${automations} automations`}.`,
    startsOf: (name: string, runs: string) => `${name}: ${runs}`,
    startsNone: 'These rows start no automation.',
    required: (names: string) => `Choose a column for: ${names}.`,
    /** @param all whether all rows of the file were looked at */
    refused: (count: number, all: boolean) => {
      const rows = `${number(count)} ${count === 1 ? 'row' : 'rows'} will be refused`
      return all ? rows : `At least ${rows}`
    },
    refusedMore: (count: number) => (count === 1 ? 'And one more.' : `And ${number(count)} more.`),
    refusedChecked: (count: number) =>
      `The first ${number(count)} rows were checked. Rows that are refused later are named when the import is done.`,
    about: (count: string) => `about ${count}`,
    /** @param good rows that aren't known to be refused */
    submit: ({ good, total, areAllChecked, isEstimate }: RowsToImport) => {
      if (isEstimate) return good === total ? 'Import all rows' : 'Import the other rows'
      if (good === 0) return 'Nothing to import'
      const rows = good === 1 ? '1 row' : `${number(good)} rows`
      if (good === total) return `Import ${rows}`
      return areAllChecked ? `Import ${number(good)} of ${number(total)} rows` : `Import up to ${rows}`
    },
    noneFits: (count: number) =>
      count === 1 ? 'The only row will be refused.' : `All ${number(count)} rows will be refused.`,
    noRows: 'The file has no row below the names of its columns.',
    stop: 'Stop the import',
    cancelled: 'The import was stopped',
    again: 'Choose another file',
    line: (line: number) => `Line ${line}`,
    running: 'Importing',
    queued: 'Waiting to begin',
    done: 'Import finished',
    failed: 'The import stopped',
    created: 'Created',
    rejected: 'Refused',
    progress: (done: string, total: string) => `${done} of ${total} rows`,
    stay: 'You can leave this page; the import goes on.',
    errors: 'Rows that were refused',
    errorsCut: (shown: string, all: string) => `The first ${shown} of ${all}.`,
    show: 'Show the records',
    another: 'Import another file',
  },
  input: {
    empty: '–',
    pick: 'Search…',
    nothing: 'Nothing found',
    type: 'Type to search',
    yes: 'Yes',
    no: 'No',
  },
} as const
