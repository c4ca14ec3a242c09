// The process itself: its database, its second copy, its files, its debugger, its log and pages,
// and how it stops under load. [the list of checks on a running server]

import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { exposuresOf } from '../../switch/exposure.ts'
import { type Check, must } from './check.ts'
import { KEYED_TID } from './rig.ts'

const PROGRAM = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const DEBUGGER_PORT = 9_229

export const SERVER_CHECKS: readonly Check[] = [
  {
    id: 'R1',
    what: 'the database is durable: write-ahead log, full sync, foreign keys, no mapping',
    run: async ({ admin }) => {
      const { journalMode, synchronous, foreignKeys, mmapSize } = (await admin.health()).database
      const seen = `${journalMode},${synchronous},${foreignKeys},${mmapSize}`
      must(seen === 'wal,2,1,0', seen)
      return seen
    },
  },
  {
    id: 'R2',
    what: 'SQLite is 3.51.3 or later, and not 3.52.0',
    run: async ({ admin }) => {
      const { sqliteVersion } = (await admin.health()).database
      const [major = 0, minor = 0, patch = 0] = sqliteVersion.split('.').map(Number)
      const isNew = major > 3 || minor > 51 || (minor === 51 && patch >= 3)
      must(isNew && sqliteVersion !== '3.52.0', sqliteVersion)
      return sqliteVersion
    },
  },
  {
    id: 'R3',
    what: 'a second process on the same data ends, and the first goes on',
    run: async (rig) => {
      const ended = await runEvs(['serve', '--config', rig.config])
      must(ended.code !== 0 && ended.code !== null, `it ended with ${ended.code}`)
      must((await rig.admin.health()).status === 'selling', 'the first does not sell any more')
      return `exit ${ended.code} after ${(ended.ms / 1_000).toFixed(1)} s, the loader included`
    },
  },
  {
    id: 'R5',
    what: 'the chain of the journal of the live store is whole',
    run: async ({ admin }) => {
      const { ok, problems, records } = await admin.verifyJournal()
      must(ok, problems[0] ?? 'it is not')
      return `${records} records`
    },
  },
  {
    id: 'P1',
    what: 'SIGUSR1 opens no debugger',
    run: async (rig) => {
      process.kill(rig.pid, 'SIGUSR1')
      await pause(500)
      must(!(await answers(DEBUGGER_PORT)), `port ${DEBUGGER_PORT} is open`)
      must((await rig.admin.health()).status === 'selling', 'it does not sell any more')
      return `port ${DEBUGGER_PORT} stays closed`
    },
  },
  {
    id: 'P2',
    what: 'a crash leaves no core, or the log says that it would; no option of Node tells memory',
    run: async (rig) => {
      const limits = readFileSync(`/proc/${rig.pid}/limits`, 'utf8')
      const options = readFileSync(`/proc/${rig.pid}/cmdline`, 'utf8').split('\0')
      const exposures = exposuresOf({ limits, nodeOptions: options })
      const told = readFileSync(rig.log, 'utf8')
      const silent = exposures.filter((exposure) => !told.includes(exposure))
      must(silent.length === 0, `the log does not say: ${silent.join(', ')}`)
      must(!exposures.some((one) => one.startsWith('Node')), exposures.join(', '))
      return exposures.length === 0 ? 'no core' : 'the core limit is not 0, and the log says so'
    },
  },
  {
    id: 'P3',
    what: 'keys in software are refused in production unless they are accepted',
    run: async (rig) => {
      await rig.stop()
      const ended = await runEvs(['serve', '--config', rig.config], { NODE_ENV: 'production' })
      await rig.start()
      must(ended.code === 5, `it ended with ${ended.code}`)
      must(ended.stderr.includes('I accept that keys live in this process'), 'it does not say how')
      return 'exit 5, and says which words accept them'
    },
  },
  {
    id: 'D4',
    what: 'data, keys and socket are for their owner only',
    run: async (rig) => {
      const mode = (path: string) => statSync(path).mode & 0o777
      const wrong = [
        ['the data directory', rig.data, 0o700],
        ['the key-encryption key', join(rig.folder, 'keys', 'kek'), 0o600],
        ['the admin socket', rig.adminSocket, 0o600],
        ['the database', join(rig.data, 'evs.db'), 0o600],
      ].filter(([, path, most]) => (mode(path as string) & ~(most as number)) !== 0)
      must(wrong.length === 0, wrong.map(([what]) => what).join(', '))
      return '0700, 0600, 0600, 0600'
    },
  },
  {
    id: 'L1',
    what: 'what clients send cannot write lines of its own into the log',
    run: async (rig) => {
      const socket = connect({ host: '127.0.0.1', port: rig.port('plain') })
      socket.on('error', () => socket.destroy())
      const text = Buffer.from('\r\n{"level":60,"msg":"forged"}\r\n\u001b[31m')
      socket.write(
        Buffer.concat([Buffer.from([0, text.length + 5]), Buffer.from('6000010002', 'hex'), text]),
      )
      await pause(500)
      socket.destroy()
      const lines = readFileSync(rig.log, 'utf8').trim().split('\n')
      for (const line of lines) JSON.parse(line)
      must(!lines.some((line) => line.includes('forged')), 'a forged line is in the log')
      return `${lines.length} lines, each one JSON object`
    },
  },
  {
    id: 'L2',
    what: 'the pages for machines name no terminal, merchant or card',
    run: async (rig) => {
      const page = await rig.metrics()
      for (const word of [KEYED_TID, '10000001', '000000000100001', '603799']) {
        must(!page.includes(word), `metrics name ${word}`)
      }
      return `${page.split('\n').length} lines of metrics`
    },
  },
  {
    id: 'W10',
    what: 'what is not there is told without a stack or a version',
    run: async (rig) => {
      for (const path of ['/', '/v1/nothing', '/v1/../../etc/passwd', '/%00', '/v1/sales/x']) {
        const text = await overSocket(rig.adminSocket, path)
        must(!/node_modules|at .+\(.+:\d+:\d+\)|sqlite|SELECT/i.test(text), `${path}: ${text}`)
      }
      return '5 paths'
    },
  },
  {
    id: 'R6',
    what: 'an orderly stop under load ends with nothing in flight and nothing reversed later',
    run: async (rig) => {
      let killedBy: NodeJS.Signals | undefined
      await rig.during(async () => {
        await pause(1_000)
        killedBy = await rig.stop()
      })
      must(killedBy === undefined, `it was ended by ${killedBy}`)
      await rig.start()
      await pause(1_000)
      const { reversals, reasons } = await rig.admin.health()
      must(reversals.open === 0, `${reversals.open} reversals are open after the start`)
      const { checks } = await rig.admin.audit()
      const broken = checks.filter(({ violations }) => violations > 0)
      must(broken.length === 0, broken.map(({ name }) => name).join(', '))
      return `stopped, started, 0 open reversals${reasons.length > 0 ? `, ${reasons}` : ''}`
    },
  },
]

interface Ended {
  readonly code: number | null
  readonly stderr: string
  readonly ms: number
}

function runEvs(words: readonly string[], more: Record<string, string> = {}): Promise<Ended> {
  const beganMs = performance.now()
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...more },
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve({ code, stderr, ms: performance.now() - beganMs }))
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

function overSocket(path: string, url: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    let text = ''
    socket.on('error', () => resolve(text))
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.write(`GET ${url} HTTP/1.1\r\nhost: evs\r\nconnection: close\r\n\r\n`)
  })
}
