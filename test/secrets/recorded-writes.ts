// What was written to files that may be gone by now: read from the recording of every write that
// the preloaded recorder of the power trials makes. Files are told by the names they had when they
// were opened. What is written by a mapping of memory is not in it; the store maps only the index
// of its log, which holds page numbers.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { readRecording } from '../power/recording.ts'
import { compileShim, shimEnvironment } from '../power/shim.ts'
import type { Canary } from './forms.ts'
import { formsOfDigits } from './forms.ts'
import { Matcher } from './matcher.ts'

interface WrittenHit {
  readonly file: string
  readonly canary: string
  readonly form: string
}

export interface RecordedWrites {
  readonly writes: number
  /** Opened and not there any more when this looked. */
  readonly removedFiles: number
  readonly hits: readonly WrittenHit[]
  /** Whether what the trial wrote and removed itself was found. */
  readonly planted: boolean
}

/** One recording for each process, since their numbers of files are their own. */
export class Recordings {
  readonly #folder: string
  readonly #library: string
  readonly #files: string[] = []

  constructor(folder: string) {
    this.#folder = folder
    this.#library = compileShim(folder)
  }

  /** The environment that has a process recorded, wherever below the temporary folder it writes. */
  of(name: string): Record<string, string> {
    const log = join(this.#folder, `${this.#files.length}-${name}.recording`)
    this.#files.push(log)
    const settings = { library: this.#library, directory: tmpdir(), log }
    return { ...shimEnvironment(settings), SHIM_FILES_ONLY: '1' }
  }

  /** `root`: files are told by their names below it. */
  search(root: string, canaries: readonly Canary[]): RecordedWrites {
    const planted = this.#plant(root)
    const matcher = new Matcher([...canaries, planted])
    const results = this.#files
      .filter((file) => existsSync(file))
      .map((file) => searchRecording(file, { root, own: basename(this.#folder) }, matcher))
    const hits = results.flatMap((result) => result.hits)
    return {
      writes: results.reduce((sum, { writes }) => sum + writes, 0),
      removedFiles: results.reduce((sum, { removedFiles }) => sum + removedFiles, 0),
      hits: hits.filter(({ canary }) => canary !== planted.name),
      planted: hits.some(({ canary }) => canary === planted.name),
    }
  }

  /** A process that writes a secret into a file and removes it again: it must be seen. */
  #plant(root: string): Canary {
    const digits = '7313371337731300'
    const file = join(root, 'tmp', 'removed-again')
    const script = `const fs = require('node:fs')
      fs.writeFileSync(${JSON.stringify(file)}, ${JSON.stringify(digits)})
      fs.rmSync(${JSON.stringify(file)})`
    const env = { ...process.env, ...this.of('planted') }
    execFileSync(process.execPath, ['-e', script], { env })
    return { name: 'planted by the trial', forms: formsOfDigits(digits) }
  }
}

/** `own`: the trial's folder for what it makes the process write, which is searched elsewhere. */
function searchRecording(
  recording: string,
  { root, own }: { readonly root: string; readonly own: string },
  matcher: Matcher,
): Omit<RecordedWrites, 'planted'> {
  const names = new Map<number, string>()
  const opened = new Set<string>()
  const found = new Map<string, WrittenHit>()
  /** The end of the last write to each file: a secret may be written in two pieces. */
  const ends = new Map<string, Buffer>()
  let writes = 0
  for (const operation of readRecording(recording)) {
    if (operation.kind === 'open') {
      names.set(operation.fd, operation.name)
      opened.add(operation.name)
      ends.delete(operation.name)
    }
    if (operation.kind !== 'write') continue
    const name = names.get(operation.fd)
    if (name?.startsWith(`${own}/`) === true) continue
    writes++
    const file = name === undefined ? 'a file without a name' : relative(root, join(tmpdir(), name))
    const bytes: Buffer = Buffer.concat([ends.get(file) ?? Buffer.alloc(0), operation.data])
    matcher.find(bytes, ({ canary, form }) => {
      found.set(`${file}|${canary}|${form}`, { file, canary, form })
    })
    ends.set(file, Buffer.from(bytes.subarray(Math.max(0, bytes.length - matcher.longest))))
  }
  const removedFiles = [...opened].filter((name) => !existsSync(join(tmpdir(), name))).length
  return { writes, removedFiles, hits: [...found.values()] }
}
