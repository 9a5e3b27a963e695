// Runs a script on Node 22.18 or later, which executes TypeScript directly:
// in this process if it is such a Node, else in the Node 24 that `npm ci` brings as an optional dependency.
// The machine's own Node may so be as old as 20. Flags of this Node are handed on; the product's is a small young generation,
// which keeps an import of 100,000 rows at 210 MB instead of 310 and costs no speed.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  endWithParent(() => process.kill(process.pid, 'SIGTERM'))
  process.argv.splice(1, 2, resolve(process.argv[2]))
  await import(pathToFileURL(process.argv[1]))
} else runIn(node24())

function node24() {
  const { platform, arch } = process
  const names = [`node-${platform === 'win32' ? 'win' : platform}-${arch}`, `node-bin-${platform}-${arch}`]
  for (const name of names) {
    try {
      return require.resolve(`${name}/bin/node${platform === 'win32' ? '.exe' : ''}`)
    } catch {}
  }
  console.error(
    `Kantos needs Node 22.18 or later; this is ${process.version}, and npm has no Node 24 for ${platform}-${arch}.\n` +
      'Install Node 24 from https://nodejs.org and start again.',
  )
  process.exit(1)
}

function runIn(binary) {
  const child = spawn(
    binary,
    ['--disable-warning=ExperimentalWarning', ...process.execArgv, ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  endWithParent(() => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1)))
}

// npm passes SIGTERM to the shell between it and us, which ends without a word to its children.
function endWithParent(end) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    end()
  }, 500)
  look.unref()
}
