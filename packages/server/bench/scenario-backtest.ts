import type { AutomationDocument, BacktestResult } from '@kantos/model'
import { backtest } from '../src/backtest/backtest.ts'
import type { Installation } from '../src/cli/compose.ts'
import { addAutomation } from './setup.ts'

const DOCUMENT: AutomationDocument = {
  trigger: { event: 'field.changed', object: 'deals', field: 'stage', to: 'Won' },
  conditions: {
    match: 'all',
    rules: [
      { field: 'deal_value', operator: 'greater_than', value: 1_000 },
      { field: 'stage', operator: 'changed_from', value: 'Proposal' },
    ],
  },
  actions: [
    {
      type: 'branch',
      key: 'size',
      config: {
        conditions: [{ if: { field: 'deal_value', operator: 'greater_than', value: 50_000 }, then: [] }, { else: [] }],
      },
    },
  ],
}

/** Stores `count` changes of deals of the last days, past the write path, and looks back over them. @returns seconds, and what was found */
export async function lookBack(
  installation: Installation,
  count: number,
): Promise<{ seconds: number; result: BacktestResult }> {
  const { services, workspaceId } = installation
  await services.pool.query(
    `insert into events (workspace_id, id, type, object, record_id, at, source, lane, changes, after, chain_id, depth)
       select $1, (substr(id_floor(t)::text, 1, 14) || '7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'record.updated', 'deals',
         ('01990000-0000-7000-9000-' || lpad((i % 5000)::text, 12, '0'))::uuid, t, 'ui', 1,
         json_build_object('stage', json_build_object('from', case when i % 3 = 0 then 'Proposal' else 'Lead' end,
           'to', case when i % 2 = 0 then 'Won' else 'Lost' end)),
         json_build_object('name', 'Deal ' || i, 'deal_value', i % 100000, 'stage', case when i % 2 = 0 then 'Won' else 'Lost' end),
         gen_random_uuid(), 0
       from (select i, now() - interval '3 days' + make_interval(secs => i * 1.0 / $2 * 172800) as t
         from generate_series(1, $2::int) i) s`,
    [workspaceId, count],
  )
  const id = await addAutomation(installation, 'Won deals', DOCUMENT)
  const began = performance.now()
  const lines = await backtest(services, { workspaceId }, id, {}, new AbortController().signal)
  for await (const line of lines)
    if (line.type === 'result') return { seconds: (performance.now() - began) / 1000, result: line }
  throw new Error('The backtest gave no result.')
}
