// A world for verbs: outputs that are kept, rooms that note what they were asked, and the admin API
// over fake operations, through the same server and client as in the product.

import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import { runCommand } from '../../admin-cli/program.ts'
import type { VerbWorld, World } from '../../admin-cli/world.ts'
import type { Asked } from '../admin-api/fake-operations.ts'
import { bytesOf } from '../admin-api/fake-operations.ts'
import { quietApp } from '../switch/admin/quiet-app.ts'

export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly asked: readonly Asked[]
  /** Configuration files that were opened. */
  readonly opened: readonly string[]
}

export interface Given {
  readonly operations?: Partial<AdminOperations>
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  readonly tty?: boolean
  readonly cwd?: string
  readonly rooms?: Partial<World['rooms']>
  /** What is typed where a password is asked; without any there is no terminal. */
  readonly typed?: string[]
  /** Nobody answers on the socket. */
  readonly stopped?: boolean
}

/** Runs `evs ...words` in a fake world. */
export async function evs(words: readonly string[], given: Given = {}): Promise<Ran> {
  const { app, client, asked } = await quietApp(given.operations)
  const opened: string[] = []
  const texts = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      texts[name] += text
    },
    isTTY: given.tty ?? false,
  })
  let now = 0
  const exitCode = await runCommand(words, {
    version: '9.9.9',
    env: given.env ?? {},
    cwd: given.cwd ?? '/work',
    stdin: bytesOf(given.stdin ?? ''),
    stdout: output('stdout'),
    stderr: output('stderr'),
    monotonicMs: () => (now += 2_000),
    askSecret: async () => given.typed?.shift(),
    rooms: { ...fakeRooms(asked), ...given.rooms },
    openAdmin: async (file, { offline }) => {
      opened.push(file)
      if (given.stopped === true && !offline) throw new EvsError('SWITCH_UNREACHABLE')
      return { ...client, close: async () => undefined }
    },
  })
  await app.close()
  return { exitCode, ...texts, asked, opened }
}

const RESTORED = { epoch: 2, jseq: 18, gap: null, vouchersFenced: 0, oldDatabase: null }

/** A world for building commands that are not run. */
export function idleWorld(): VerbWorld {
  const output = { write: () => undefined, isTTY: false }
  return {
    version: '9.9.9',
    env: {},
    cwd: '/work',
    stdin: bytesOf(),
    stdout: output,
    stderr: output,
    monotonicMs: () => 0,
    askSecret: async () => undefined,
    rooms: fakeRooms([]),
    openAdmin: () => Promise.reject(new EvsError('SWITCH_UNREACHABLE')),
    ended: () => undefined,
  }
}

function fakeRooms(asked: Asked[]): World['rooms'] {
  const note = <T>(name: string, given: unknown[], answer: T): Promise<T> => {
    asked.push({ name, given })
    return Promise.resolve(answer)
  }
  return {
    init: (...given) => note('init', given, { config: `${given[0].dir}/evs.yaml` }),
    serve: (...given) => note('serve', given, 0),
    gateway: (...given) => note('gateway', given, 0),
    gatewayProblems: (...given) => note('gatewayProblems', given, []),
    gatewayKeys: (...given) => note('gatewayKeys', given, []),
    demo: (...given) => note('demo', given, 0),
    restore: (...given) => note('restore', given, RESTORED),
    cardHost: (...given) => note('cardHost', given, 0),
    pos: (...given) => note('pos', given, 3),
    replay: (...given) => note('replay', given, 0),
    replayGenerate: (...given) => note('replayGenerate', given, { records: 7, bytes: 400 }),
    replayFleet: (...given) => note('replayFleet', given, ['lists/terminals.csv']),
    batchFormats: () =>
      note(
        'batchFormats',
        [],
        [{ name: 'generic', title: 'generic CSV', needsExpiry: false, mixed: true }],
      ),
    configProblems: (...given) => note('configProblems', given, []),
    configPrinted: () => note('configPrinted', [], { yaml: 'a: 1\n', settings: { a: 1 } }),
    configKeys: () =>
      note(
        'configKeys',
        [],
        [{ path: 'a', env: 'EVS_A', type: 'text', default: undefined, description: 'a thing' }],
      ),
  }
}
