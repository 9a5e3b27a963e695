// Runs a script on Node 22.18 or later, which executes TypeScript directly.
// `npm ci` brings Node 24 as an optional dependency, so the machine's own Node may be as old as 20.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)
const runsTypeScript = major > 22 || (major === 22 && minor >= 18)

function node24() {
  const { platform, arch } = process
  const names = [`node-${platform === 'win32' ? 'win' : platform}-${arch}`, `node-bin-${platform}-${arch}`]
  for (const name of names) {
    try {
      return require.resolve(`${name}/bin/node${platform === 'win32' ? '.exe' : ''}`)
    } catch {}
  }
  return null
}

const binary = runsTypeScript ? process.execPath : node24()
if (binary === null) {
  console.error(
    `Kantos needs Node 22.18 or later; this is ${process.version}, and npm has no Node 24 for ${process.platform}-${process.arch}.\n` +
      'Install Node 24 from https://nodejs.org and start again.',
  )
  process.exit(1)
}
const child = spawn(binary, ['--disable-warning=ExperimentalWarning', ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1)))
