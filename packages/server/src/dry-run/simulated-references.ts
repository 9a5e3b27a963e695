import { References, type ReferringField } from '../records/references.ts'

/** References over a database that is only read: those that change stay in memory. */
export class SimulatedReferences extends References {
  private readonly emptied = new Set<string>()

  /**
   * The stored references to a record, the first thousand, and the fields that this run has changed, once each. Who
   * reads the records sees which of them it has turned elsewhere.
   */
  override async to(workspaceId: string, target: string): Promise<ReferringField[]> {
    if (this.emptied.has(workspaceId + target)) return []
    this.emptied.add(workspaceId + target)
    const { rows } = await this.db.query<ReferringField>({
      name: 'record-references-to-read',
      text: `select record_id as "recordId", field from record_references
          where workspace_id = $1 and target_id = $2 order by record_id limit 1000`,
      values: [workspaceId, target],
    })
    const made = this.changed.filter((one) => one.workspaceId === workspaceId)
    const all = new Map([...rows, ...made].map(({ recordId, field }) => [recordId + field, { recordId, field }]))
    return [...all.values()]
  }

  override async forget(): Promise<void> {}

  override async forgetRecord(): Promise<void> {}

  protected override async objectOf(workspaceId: string, target: string): Promise<string | undefined> {
    const { rows } = await this.db.query<{ object: string }>({
      name: 'reference-target-read',
      text: 'select object from records where workspace_id = $1 and id = $2',
      values: [workspaceId, target],
    })
    return rows[0]?.object
  }
}
