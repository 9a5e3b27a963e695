import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileTemplate, ExpressionError, type Scope } from './index.ts'

const CANARY = 'canary-4f1c'
const SCOPE: Scope = {
  record: JSON.parse(`{
    "id": "rec_1", "name": "Ada", "empty": null, "n": 5, "list": [1, [2, {"a": 3}]], "text": "{{secrets.token}}",
    "own": {"__proto__": {"x": 1}, "constructor": "own text", "toString": "own text", "valueOf": 7, "toJSON": "own text"},
    "key": "constructor", "proto": "__proto__", "braces": "{{record.name}}", "code": "process.exit(1)"
  }`),
  steps: Object.assign(Object.create(null), { a: { status: 200 } }),
  instance: new (class {
    hidden = CANARY
    get trap() {
      return CANARY
    }
  })(),
  child: Object.create({ hidden: CANARY }),
  map: new Map([['hidden', CANARY]]),
  call: () => CANARY,
  holder: { call: () => CANARY, symbol: Symbol(CANARY) },
  secrets: { token: CANARY },
  now: '2026-01-31T10:00:00.000Z',
}

const { secrets: _secrets, ...VISIBLE } = SCOPE

/** One attempt a line; each stands between {{ and }}. */
const ATTEMPTS = String.raw`
constructor
constructor.constructor
__proto__
__proto__.constructor
prototype
this
this.constructor
self
window
globalThis
globalThis.process
global
process
process.env
process.env.PATH
process.mainModule.require('child_process')
require
require('child_process')
import('node:fs')
import
module
exports
eval
eval('1')
Function
Function('return 1')
new Function('return 1')()
Object
Object.keys(record)
Object.prototype
Reflect
Reflect.get(record, 'name')
Proxy
new Proxy(record, {})
Symbol
Symbol.iterator
Symbol.for('x')
Error.prepareStackTrace
Error
Buffer
setTimeout
fetch
console
console.log(1)
document
document.cookie
localStorage
canary
arguments
arguments.callee
undefined
NaN
Infinity
hasOwnProperty
toString
valueOf
isPrototypeOf
__defineGetter__
__lookupGetter__
record.constructor
record.constructor.constructor
record.constructor.constructor('return process')()
record['constructor']
record["constructor"]["constructor"]
record['const' + 'ructor']
record['__proto__']
record['__pro' + 'to__']
record[record.key]
record[record.proto]
record[record.key][record.key]
record['con\u0073tructor']
record['\u0063onstructor']
record.__proto__
record.__proto__.polluted
record.prototype
record.toString
record.toString()
record.valueOf()
record.hasOwnProperty('name')
record.__defineGetter__('x', 1)
record.__lookupGetter__('x')
record.name.constructor
record.name.constructor.fromCharCode(65)
record.name.length
record.name.at(0)
record.name['length']
record.name[0]
record.name.__proto__
record.name.replace('a', 'b')
record.n.constructor
record.n.toFixed
record.n['toFixed'](2)
record.list.constructor
record.list.length
record.list['length']
record.list.map
record.list['map']
record.list.map(x => x)
record.list.filter(constructor)
record.list.reduce((a, b) => a + b)
record.list.concat
record.list.__proto__
record.list['__proto__']['constructor']
record.list[-1]
record.list['-1']
record.list[1.5]
record.list[1e9]
record.list[999999999999]
record.list['constructor']['constructor']('return 1')()
record.list[0].constructor
record.list[[0]]
record[['constructor']]
record[['__proto__']]
record[[['name']]]
record[true]
record[null]
record[record]
record.own.__proto__
record.own.__proto__.constructor
record.own.constructor
record.own.constructor.constructor
record.own.toString
record.own + ''
'' + record.own
record.own + 1
record.own * 1
record.own == 7
record.own > 1
-record.own
text(record.own)
json(record.own)
text(steps)
json(steps)
steps.constructor
steps.__proto__
steps.a.constructor
steps['hasOwnProperty']
instance
instance.hidden
instance.trap
instance['hidden']
instance.constructor
child
child.hidden
child.__proto__.hidden
map
map.hidden
map.get('hidden')
map.size
call
call()
call.call
call.constructor
call.name
call.toString
holder.call
holder.call()
holder['call']()
holder.symbol
text(call)
json(call)
text(holder.symbol)
json(holder.symbol) + ''
[call]
[holder.call, holder.symbol]
first([call])
coalesce(call, instance)
default(call, child)
text(instance)
json(map)
upper
upper.constructor
upper.call(record)
upper('a').constructor
upper('a').constructor.constructor('return 1')()
upper['constructor']
(upper)('a')
('a').constructor
('a')['constructor']
'a'.constructor
'a'.at(0)
"".constructor.constructor
[].constructor
[]['constructor']['constructor']
[].constructor.constructor('return process')()
[1][0].constructor
[]['map']
(1).constructor
1..constructor
true.constructor
null.constructor
{}
{}.constructor
{constructor: 1}
({}).constructor
() => 1
x => x
(x) => x
function() {}
function f() { return 1 }
async () => 1
class A {}
class A extends B {}
new Date()
new record.constructor()
delete record.name
typeof record
void 0
record instanceof Object
'name' in record
record.name = 'x'
record.n += 1
record.n++
++record.n
record.n--
record?.name
record?.['constructor']
record?.constructor?.constructor
record.name?.()
...record
[...record.list]
upper(...record.list)
upper${'`'}a${'`'}
${'`'}text${'`'}
${'`'}\${process}${'`'}
record.name; record.n
record.name, record.n
(record.name, record.n)
if (true) 1
while (true) {}
for (;;) {}
switch (1) { case 1: 2 }
throw 1
try { 1 } catch { 2 }
return 1
yield 1
await 1
let x = 1
const x = 1
var {constructor} = record
[x] = record.list
label: 1
debugger
/a+/
/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')
a /* comment */ b
record.name // comment
<!-- html
#private
record.#private
@decorator
\u0063onstructor
rec\u006frd.name
\x63onstructor
record.na\u006de
'\x41'
'\u{110000}'
'\ud83d'
'\u0000'
'\8'
'open
"open
'a' 'b'
1_000
0x10
0b1
10n
1e999
.5
08
1.2.3
secrets
secrets.token + ''
'' + secrets.token
upper(secrets.token)
[secrets.token]
first([secrets.token])
secrets['tok' + 'en']
secrets[record.key]
secrets.token.length
secrets.token[0]
secrets == null
secrets.token == 'c'
!secrets.token
-secrets.token
true ? secrets.token : 1
secrets.token ?? ''
secrets.token || 'x'
json(secrets)
text(secrets)
length(secrets.token)
substring(secrets.token, 0, 1)
contains(secrets.token, 'c')
record[secrets.token]
(secrets)['token'] + 'x'
variables.secrets.token
steps.secrets.token
record.text
record.braces
record.code
'{{secrets.token}}'
'{{' + 'secrets.token' + '}}'
replace('<secrets.token>', '<', '{{')
replace('aaa', 'a', '$&$&')
replace(record.name, record.name, "$'")
split('a,b', ',').constructor
join([record.own, call], 'x')
constructor('return 1')
__proto__('x')
toString()
valueOf()
hasOwnProperty('name')
get('x')
__defineGetter__('x', upper)
isPrototypeOf(record)
“record.name”
‘a’
record。name
record.name｜upper
record.name | upper
record.name & 1
1 << 2
~1
2 ** 3
1 === 1
1 !== 2
a := 1
#if record
/if
> partial
!-- comment
&record.name
{record.name
% if %
`
  .split('\n')
  .filter((line) => line.trim() !== '')

function isJsonData(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.every(isJsonData)
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJsonData)
}

/** What got out, or null when the attempt came to nothing. */
function escaped(evaluate: () => unknown): string | null {
  let value: unknown
  try {
    value = evaluate()
  } catch (error) {
    return error instanceof ExpressionError ? null : `threw ${String(error)}`
  }
  if (!isJsonData(value)) return `gave ${typeof value}`
  return JSON.stringify(value).includes(CANARY) ? 'gave what it must not see' : null
}

function prototypesNow(): string[] {
  const shared = [Object, Function, Array, String, Number, Boolean, Map, RegExp].map((each) => each.prototype as object)
  return shared.flatMap((prototype) => Reflect.ownKeys(prototype).map(String))
}

const before = prototypesNow()
beforeAll(() => {
  Object.assign(globalThis, { canary: CANARY })
})
afterAll(() => {
  Reflect.deleteProperty(globalThis, 'canary')
})

test.each(ATTEMPTS)('stays inside: {{ %s }}', (attempt) => {
  expect(escaped(() => compileTemplate(`{{${attempt}}}`).render(SCOPE).value)).toBeNull()
  expect(escaped(() => compileTemplate(`{{ ${attempt} }} in text`).render(SCOPE).value)).toBeNull()
  expect(
    escaped(() => compileTemplate(`{{ ${attempt} }}`).render({ variables: VISIBLE }, { bareVariables: true }).value),
  ).toBeNull()
})

test('there are at least 150 different attempts, and JavaScript itself would let dozens of them out', () => {
  expect(new Set(ATTEMPTS).size).toBe(ATTEMPTS.length)
  expect(ATTEMPTS.length).toBeGreaterThanOrEqual(150)
  const names = Object.keys(SCOPE).filter((name) => name !== 'now')
  const dangerous = /exit|while|for \(|import|console|debugger|setTimeout|fetch|\(a\+\)\+|canary|=[^=>]|\+\+|--|delete/
  const byJavaScript = ATTEMPTS.filter((attempt) => !dangerous.test(attempt)).filter((attempt) => {
    let evaluate: (...values: unknown[]) => unknown
    try {
      evaluate = new Function(...names, `return (${attempt})`) as typeof evaluate
    } catch {
      return false
    }
    return escaped(() => evaluate(...names.map((name) => SCOPE[name]))) !== null
  })
  expect(byJavaScript.length).toBeGreaterThan(60)
})

test('no attempt changed a prototype', () => {
  expect(prototypesNow()).toEqual(before)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test.each([
  ['parentheses', '('.repeat(1_000_000)],
  ['closed parentheses', `${'('.repeat(65)}1${')'.repeat(65)}`],
  ['lists', '['.repeat(2000)],
  ['minus signs', `${'-'.repeat(3)}${' -'.repeat(1500)}1`],
  ['exclamation marks', `${'!'.repeat(4000)}1`],
  ['calls', `${'upper('.repeat(600)}1${')'.repeat(600)}`],
  ['conditionals', `${'1?'.repeat(1000)}1${':1'.repeat(1000)}`],
  ['else branches', `${'0?1:'.repeat(1000)}1`],
  ['indexes', `${'record['.repeat(500)}1${']'.repeat(500)}`],
  ['parts', `${'1+'.repeat(1100)}1`],
  ['characters', `'${'a'.repeat(5000)}'`],
  ['spaces', `${' '.repeat(5000)}1`],
  ['name characters', 'a'.repeat(5000)],
])('too many %s are refused when compiling, not by a crash', (_what, source) => {
  expect(() => compileTemplate(`{{${source}}}`)).toThrow(ExpressionError)
})

test('long chains just within the limits evaluate', () => {
  expect(compileTemplate(`{{${'1+'.repeat(990)}1}}`).render({}).value).toBe(991)
  expect(compileTemplate(`{{a${'.a'.repeat(1990)}}}`).render({}).value).toBeNull()
  expect(compileTemplate(`{{${'('.repeat(60)}1${')'.repeat(60)}}}`).render({}).value).toBe(1)
})

const LONG = 'a'.repeat(1000)
const DOUBLED = `replace(replace(replace(x, 'a', x), 'a', x), 'a', x)`

test.each([
  ['a replacement', `{{${DOUBLED}}}`],
  ['text joined with itself', `{{${'big+'.repeat(20)}big}}`],
  ['a joined list', `{{join([${'big,'.repeat(20)}big])}}`],
  ['many placeholders', '{{big}}'.repeat(20)],
  ['many escaped placeholders', '{{quotes}}'.repeat(20)],
  ['JSON inside JSON', `{{${'json('.repeat(30)}x${')'.repeat(30)}}}`],
  ['work without a long result', `{{${'length(upper(big))+'.repeat(300)}1}}`],
  ['lists searched in lists', '{{contains(list, list)}}'],
])('%s can not grow beyond the limits', (_what, source) => {
  const list = Array.from({ length: 20_000 }, (_, index) => index)
  const scope = { x: LONG.replaceAll('aa', '"a'), big: LONG.repeat(100), quotes: '"'.repeat(20_000), list }
  expect(() => compileTemplate(source).render(scope, { escape: 'html' })).toThrow(ExpressionError)
})

test('cyclic and very deep data renders without a crash', () => {
  const cycle: Record<string, unknown> = { list: [] as unknown[] }
  cycle['self'] = cycle
  ;(cycle['list'] as unknown[]).push(cycle['list'])
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i += 1) deep = [deep]
  for (const expression of [
    'cycle',
    'cycle.list',
    'deep',
    'json(deep)',
    'deep == deeper',
    'cycle == other',
    "'' + deep",
  ]) {
    const scope = { cycle, deep, deeper: [deep], other: { ...cycle } }
    expect(typeof compileTemplate(`{{${expression}}}.`).render(scope).value).toBe('string')
  }
})
