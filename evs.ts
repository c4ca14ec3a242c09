#!/usr/bin/env node
// The command `evs`: the composition root, and the only file that may import every room. It gives
// the verbs of admin-cli what they need of the process and of the rooms, each loaded when a verb
// asks for it, so that help and completion start fast. What a verb does is not decided here.

import { existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { EXIT } from './admin-api/errors.ts'
import { runCommand } from './admin-cli/program.ts'
import { sessionToken } from './admin-cli/session-file.ts'
import { standardOutput } from './admin-cli/standard-output.ts'
import type { FileCheck, Output, Rooms, World } from './admin-cli/world.ts'
import { systemTimers } from './protocol/link/timers.ts'
import type { Problem } from './switch/config/problem.ts'
import type { Loaded } from './switch/config/read.ts'
import type { fileProblems } from './switch/tls.ts'

const PARTING_MS = 2_000

const stdout = standardOutput({ stream: process.stdout, file: 1, isMissed: true })
/** Progress is nobody's loss, and of an error there is no other place to tell. */
const stderr = standardOutput({ stream: process.stderr, file: 2, isMissed: false })

let isServer = false
/** What ends the process when its output cannot be written: right for a list, wrong for a sale. */
let endedBy: 'every fault' | 'all but a closed pipe' | 'no fault' = 'every fault'

const rooms: Rooms = {
  init: async (options) => ({ ...(await (await import('./switch/init.ts')).init(options)) }),
  serve: async (file) => {
    const config = await configOf(file)
    const { serve } = await import('./switch/serve.ts')
    return untilSignalled((options) => serve(config, { ...options, version: version() }))
  },
  gateway: async (file) => {
    const loaded = await loadGateway(file)
    if (loaded.kind === 'problems') {
      const { invalid } = await import('./admin-cli/config-problems.ts')
      throw invalid(loaded.problems, 'evs gateway --keys')
    }
    // Neither a store nor a database driver is loaded in this process.
    const { runGateway } = await import('./switch/gateway/run.ts')
    return untilSignalled((options) => runGateway(loaded.config, options))
  },
  gatewayProblems: async (file, check) => problemsOf(await loadGateway(file), check),
  gatewayKeys: async () => {
    const { GATEWAY_SETTINGS } = await import('./switch/gateway/settings.ts')
    return (await import('./switch/config/keys.ts')).configKeys(GATEWAY_SETTINGS)
  },
  demo: async ({ once }) => {
    const { demo } = await import('./switch/demo.ts')
    return demo({ once, out: (text) => stdout.write(text), interrupted: signalled() })
  },
  restore: async (file, backup) => {
    const { restore } = await import('./switch/restore.ts')
    return restore(await configOf(file), { file: backup, by: actor() })
  },
  cardHost: async (options) => {
    const { runCardHost } = await import('./card-host/command.ts')
    endedBy = 'all but a closed pipe'
    isServer = true
    const running = await runCardHost(options, (line) => print(process.stdout, line))
    await signalled()
    await running.stop()
    return 0
  },
  pos: async (options) => {
    const { runPos } = await import('./pos-terminal/command.ts')
    const { fileOut } = await import('./pos-terminal/command-out.ts')
    // It asks of every write what came of it: a sale is given back whose receipt did not come out
    // at all, and printed again where a part of it did.
    endedBy = 'no fault'
    return runPos(options, fileOut({ stdout: 1, stderr: 2 }, systemTimers))
  },
  replay: async (files, options) => {
    const { runReplay } = await import('./replay/command.ts')
    endedBy = 'all but a closed pipe'
    const out = {
      stdout: (text: string) => print(stdout, text),
      stderr: (text: string) => stderr.write(text),
      isTTY: stderr.isTTY,
    }
    return runReplay(files, options, { out, interrupted: signalled() })
  },
  replayGenerate: async (order) => {
    return (await import('./replay/generate-file.ts')).generateFile(order)
  },
  replayFleet: async (order) => (await import('./replay/fleet-lists.ts')).writeFleetLists(order),
  batchFormats: async () => {
    const { BATCH_FORMATS } = await import('./voucher-store/batch-formats/formats.ts')
    return BATCH_FORMATS.map(({ name, title, needsExpiry, mixed }) => {
      return { name, title, needsExpiry, mixed }
    })
  },
  configProblems: async (file, check) => problemsOf(await load(file), check),
  configPrinted: async (file) => {
    const config = await configOf(file)
    const { printConfig } = await import('./switch/config/print.ts')
    const { parse } = await import('yaml')
    const yaml = printConfig(config)
    return { yaml, settings: parse(yaml) }
  },
  configKeys: async () => (await import('./switch/config/keys.ts')).configKeys(),
}

// Data, keys, sockets and backups are for their owner only, whatever the shell says.
process.umask(0o077)

const world: World = {
  version: version(),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout,
  stderr,
  monotonicMs: () => systemTimers.monotonicMs(),
  askSecret,
  rooms,
  openAdmin: async (file, { offline }) => {
    const config = await configOf(file)
    const { openAdmin } = await import('./switch/admin/open-admin.ts')
    return openAdmin(config, {
      actor: actor(),
      token: sessionToken(world, file),
      version: world.version,
      timers: systemTimers,
      offline,
      openOffline: async (given) => (await import('./switch/offline.ts')).openOffline(given),
      log: { error: (detail) => print(process.stderr, `evs: ${detail}`) },
    })
  },
}

/** Certificates are read where the configuration itself is in order: it says where they are. */
async function problemsOf(
  loaded: Loaded<Parameters<typeof fileProblems>[0]>,
  { files }: FileCheck,
): Promise<readonly Problem[]> {
  if (loaded.kind === 'problems') return loaded.problems
  if (!files) return []
  const tls = await import('./switch/tls.ts')
  return tls.fileProblems(loaded.config, systemTimers.wallMs())
}

async function askSecret(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const { askSecretOn } = await import('./admin-cli/ask-secret.ts')
  return askSecretOn(
    {
      input: process.stdin,
      prompt: (text) => void process.stderr.write(text),
      interrupted: () => process.exit(130),
    },
    question,
  )
}

interface Running {
  reload(): void
  stop(): Promise<void>
}

/** A server that says when it is ready, and from then on decides what an unexpected error means. */
async function untilSignalled(
  start: (options: {
    ready: (line: object) => void
    exit: (code: number) => never
  }) => Promise<Running>,
): Promise<number> {
  endedBy = 'all but a closed pipe'
  isServer = true
  process.off('uncaughtException', die).off('unhandledRejection', die)
  // A SIGHUP that comes too early has nothing to read again, and ends nobody.
  let reload = (): void => undefined
  process.on('SIGHUP', () => reload())
  const running = await start({
    ready: (line) => print(process.stdout, JSON.stringify(line)),
    exit: (code) => process.exit(code),
  })
  reload = () => running.reload()
  await signalled()
  await running.stop()
  return 0
}

async function loadGateway(file: string) {
  const { loadGatewayConfig } = await import('./switch/gateway/load.ts')
  return loadGatewayConfig({ file, env: process.env })
}

async function load(file: string) {
  const { loadConfig } = await import('./switch/config/load.ts')
  return loadConfig({ file, env: process.env })
}

async function configOf(file: string) {
  const loaded = await load(file)
  if (loaded.kind === 'config') return loaded.config
  throw (await import('./admin-cli/config-problems.ts')).invalid(loaded.problems)
}

/** Resolves with the first signal to stop; a second one ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false
    const heard = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143)
      stopping = true
      resolve()
    }
    process.on('SIGINT', heard)
    process.on('SIGTERM', heard)
  })
}

function print(output: Pick<Output, 'write'>, line: string): void {
  output.write(line.endsWith('\n') ? line : `${line}\n`)
}

/** All that was said; a server does not wait for ever for whoever should read it. */
async function parted(): Promise<void> {
  const after = (ms: number) => new Promise<void>((end) => systemTimers.after(ms, end))
  const taken = Promise.all([stdout.taken(), stderr.taken()])
  await (isServer ? Promise.race([taken, after(PARTING_MS)]) : taken)
  // What went wrong with it is an event of its own.
  await after(0)
}

/** Beside this file, or above it when it was built into `dist`. */
function version(): string {
  const places = ['./package.json', '../package.json'].map((path) => new URL(path, import.meta.url))
  const place = places.find((url) => existsSync(url))
  if (place === undefined) return 'unknown'
  return String((JSON.parse(readFileSync(place, 'utf8')) as { version?: unknown }).version)
}

function actor(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number without a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

function die(error: unknown): void {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  print(process.stderr, `evs: INTERNAL: ${what}`)
  process.exit(EXIT.failure)
}

// `evs sale list | head` closes the pipe: there is nobody left to tell anything to.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (endedBy === 'no fault') return
    if (error.code !== 'EPIPE') die(error)
    if (endedBy === 'every fault') process.exit(0)
  })
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)
const exitCode = await runCommand(process.argv.slice(2), world)
await parted()
process.exit(exitCode)
