import { type Filter, type FilterRule, uniqueKey, uuidOf } from '@kantos/model'

/** The values of a statement, in the order of their `$n`. */
export class Parameters {
  readonly values: unknown[] = []
  readonly workspaceId: string
  readonly object: string
  /** unique values are looked up in their table; not so for records that aren't written yet */
  uniqueByIndex = true

  /** Of a statement over the records of one object. */
  constructor(workspaceId: string, object: string) {
    this.workspaceId = workspaceId
    this.object = object
  }

  /** Adds a value. @returns its placeholder with the cast: `$3::text` */
  add(value: unknown, type: string): string {
    this.values.push(value)
    return `$${this.values.length}::${type}`
  }
}

/**
 * A filter as a condition over `records r`. Field names and values are parameters; the text holds neither, so that no name can become
 * SQL. Values that don't have the type of their field (left from before a change) are never cast: they don't match.
 *
 * Source: DESIGN.md, section 14 (SQL); SPEC.md, section 12
 */
export function filterSql(filter: Filter, parameters: Parameters): string {
  if (filter.kind === 'rule') return ruleSql(filter, parameters)
  if (filter.filters.length === 0) return filter.kind === 'and' ? 'true' : 'false'
  const parts = filter.filters.map((one) => filterSql(one, parameters))
  return parts.length === 1 ? parts[0]! : `(${parts.join(filter.kind === 'and' ? ' and ' : ' or ')})`
}

const SQL_OPERATORS = { $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' } as const

function ruleSql(rule: FilterRule, parameters: Parameters): string {
  const { operator, value } = rule
  switch (operator) {
    case '$empty':
      return value === true ? isEmptySql(rule, parameters) : `not ${isEmptySql(rule, parameters)}`
    case '$eq':
      return value === null ? isEmptySql(rule, parameters) : equalsSql(rule, value, parameters)
    case '$ne':
      return value === null
        ? `not ${isEmptySql(rule, parameters)}`
        : `${equalsSql(rule, value, parameters)} is not true`
    case '$in':
      return inSql(rule, value as unknown[], parameters)
    case '$nin':
      return `${inSql(rule, value as unknown[], parameters)} is not true`
    case '$contains':
      return containsSql(rule, value, parameters)
    default:
      return orderSql(rule, SQL_OPERATORS[operator], parameters)
  }
}

const COLUMNS: Record<string, string> = {
  id: 'r.id',
  created_at: 'r.created_at',
  updated_at: 'r.updated_at',
  created_by: 'r.created_by',
}

const jsonOf = (rule: FilterRule, parameters: Parameters) => `(r.data -> ${parameters.add(rule.field, 'text')})`
const textOf = (rule: FilterRule, parameters: Parameters) =>
  rule.system ? `${COLUMNS[rule.field]}` : `(r.data ->> ${parameters.add(rule.field, 'text')})`

function isEmptySql(rule: FilterRule, parameters: Parameters): string {
  return `(${textOf(rule, parameters)} is null)`
}

function equalsSql(rule: FilterRule, value: unknown, parameters: Parameters): string {
  if (rule.compare === 'id') {
    const id = uuidOf('record', String(value))
    return id === null ? '(false)' : `(r.id = ${parameters.add(id, 'uuid')})`
  }
  if (rule.compare === 'date' || rule.compare === 'datetime') return momentEqualsSql(rule, String(value), parameters)
  if (rule.system) return `(${COLUMNS[rule.field]} = ${parameters.add(value, 'text')})`
  if (rule.compare === 'list') {
    const [list, field] = [parameters.add(JSON.stringify(value), 'jsonb'), jsonOf(rule, parameters)]
    return `(${field} @> ${list} and ${field} <@ ${list})`
  }
  const exact = `${jsonOf(rule, parameters)} = ${parameters.add(JSON.stringify(value), 'jsonb')}`
  // comparing texts costs half of comparing documents, and nearly every record ends there
  const same =
    typeof value === 'string' ? `${textOf(rule, parameters)} = ${parameters.add(value, 'text')} and ${exact}` : exact
  return rule.operator === '$eq' && rule.unique !== null && parameters.uniqueByIndex
    ? `(${heldBySql(rule, [value], parameters)} and ${same})`
    : `(${same})`
}

/** Which record holds a unique value is known by index. The comparison itself still follows: e-mail is unique ignoring case. */
function heldBySql(rule: FilterRule, values: readonly unknown[], parameters: Parameters): string {
  const keys = values.map((value) => uniqueKey(rule.unique!, value))
  return `r.id = any(array(select u.record_id from unique_values u
    where u.workspace_id = ${parameters.add(parameters.workspaceId, 'uuid')}
      and u.object = ${parameters.add(parameters.object, 'text')} and u.field = ${parameters.add(rule.field, 'text')}
      and u.value = any(${parameters.add(keys, 'text[]')})))`
}

/** A date and a datetime are equal when they are of one UTC day. Source: SPEC-DETAILS.md, section 5 */
function momentEqualsSql(rule: FilterRule, value: string, parameters: Parameters): string {
  const day = value.length === 10
  if (rule.system) {
    const column = COLUMNS[rule.field]
    if (!day) return `(${column} = ${parameters.add(value, 'timestamptz')})`
    const from = parameters.add(`${value}T00:00:00.000Z`, 'timestamptz')
    return `(${column} >= ${from} and ${column} < ${from} + interval '24 hours')`
  }
  const field = textOf(rule, parameters)
  if (!day && rule.compare === 'datetime') return `(${field} = ${parameters.add(value, 'text')})`
  return `(left(${field}, 10) = ${parameters.add(value.slice(0, 10), 'text')})`
}

function inSql(rule: FilterRule, values: unknown[], parameters: Parameters): string {
  const given = values.filter((value) => value !== null)
  const parts = given.length < values.length ? [isEmptySql(rule, parameters)] : []
  if (given.length > 0) {
    if (rule.compare === 'id') {
      const ids = given.map((value) => uuidOf('record', String(value))).filter((id) => id !== null)
      parts.push(`r.id = any(${parameters.add(ids, 'uuid[]')})`)
    } else if (rule.compare === 'date' || rule.compare === 'datetime') {
      parts.push(...given.map((value) => momentEqualsSql(rule, String(value), parameters)))
    } else if (rule.system) {
      parts.push(`${COLUMNS[rule.field]} = any(${parameters.add(given, 'text[]')})`)
    } else if (rule.compare === 'list') {
      parts.push(`${jsonOf(rule, parameters)} ?| ${parameters.add(given, 'text[]')}`)
    } else {
      const list = given.map((value) => JSON.stringify(value))
      const exact = `${jsonOf(rule, parameters)} = any(${parameters.add(list, 'jsonb[]')})`
      const among = given.every((value) => typeof value === 'string')
        ? `(${textOf(rule, parameters)} = any(${parameters.add(given, 'text[]')}) and ${exact})`
        : exact
      const indexed = rule.operator === '$in' && rule.unique !== null && parameters.uniqueByIndex
      parts.push(indexed ? `(${heldBySql(rule, given, parameters)} and ${among})` : among)
    }
  }
  return parts.length === 0 ? '(false)' : `(${parts.join(' or ')})`
}

function containsSql(rule: FilterRule, value: unknown, parameters: Parameters): string {
  if (rule.compare === 'list') {
    return `(${jsonOf(rule, parameters)} @> ${parameters.add(JSON.stringify(value), 'jsonb')})`
  }
  return `(strpos(lower(${textOf(rule, parameters)}), lower(${parameters.add(value, 'text')})) > 0)`
}

/** ISO texts of one form are in the order of their moments; a day counts as its midnight in UTC. */
function orderSql(rule: FilterRule, sign: string, parameters: Parameters): string {
  const { compare, value } = rule
  if (compare === 'id') {
    const id = uuidOf('record', String(value))
    return id === null ? '(false)' : `(r.id ${sign} ${parameters.add(id, 'uuid')})`
  }
  if (compare === 'number') return `(${numberSql(rule.field, parameters)} ${sign} ${parameters.add(value, 'float8')})`
  const moment = String(value).length === 10 ? `${String(value)}T00:00:00.000Z` : String(value)
  if (rule.system) return `(${COLUMNS[rule.field]} ${sign} ${parameters.add(moment, 'timestamptz')})`
  const field = textOf(rule, parameters)
  const text = compare === 'date' ? `(${field} || 'T00:00:00.000Z')` : field
  return `(${text} collate "C" ${sign} ${parameters.add(moment, 'text')} collate "C")`
}

/** A number field's value, null when what is stored is no number. */
export function numberSql(field: string, parameters: Parameters): string {
  const name = parameters.add(field, 'text')
  return `(case when jsonb_typeof(r.data -> ${name}) = 'number' then (r.data -> ${name})::float8 end)`
}
