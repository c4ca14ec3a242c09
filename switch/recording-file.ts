// The files of a recording: lines gather in memory and are written beside whatever is sold, file
// by file, up to a limit. It ends by itself, with one notice, when the limit is reached, when
// the disk has little room left, fails, or cannot keep up. Nobody ever waits for it.

import { type FileHandle, mkdir, open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Timers } from '../protocol/link/timers.ts'
import { headerLine } from '../protocol/traffic/traffic-record.ts'
import type { TrafficSink } from '../terminal-gateway/recorder.ts'
import type { Notice } from './core/notice.ts'

export interface RecordingFileOptions {
  readonly folder: string
  readonly timers: Timers
  readonly notice: (notice: Notice) => void
  readonly limits: {
    readonly recordingBytes: number
    readonly recordingFileBytes: number
    readonly recordingFreeBytes: number
  }
  /** It takes no more lines. */
  readonly ended: () => void
}

/** Lines wait so long for others to be written with. */
const GATHER_MS = 200
/** What may wait in memory for a disk that is slower than the terminals. */
const WAITING_BYTES = 8 << 20

export class RecordingFile implements TrafficSink {
  readonly #options: RecordingFileOptions
  readonly #from: string
  #lines: string[] = []
  #waiting = 0
  #total = 0
  #part = 0
  #partBytes = 0
  #file: FileHandle | undefined
  #writing: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #over = false

  constructor(options: RecordingFileOptions) {
    this.#options = options
    this.#from = new Date(options.timers.wallMs()).toISOString()
  }

  /** ASCII: a character is a byte. */
  write(line: string): boolean {
    if (this.#over) return false
    const { recordingBytes } = this.#options.limits
    if (this.#total + line.length > recordingBytes) return this.#end('its limit is reached')
    if (this.#waiting + line.length > WAITING_BYTES) return this.#end('the disk is too slow')
    this.#lines.push(line)
    this.#waiting += line.length
    this.#total += line.length
    this.#gather()
    return true
  }

  failed(error: unknown): void {
    this.#end(`a fault of its own: ${error instanceof Error ? error.name : 'unknown'}`)
  }

  /** Resolves when all lines are written. */
  async stop(): Promise<void> {
    this.#end('the switch stops', 'info')
    while (this.#writing !== undefined) await this.#writing
  }

  #gather(): void {
    if (this.#writing !== undefined || this.#cancel !== undefined) return
    this.#cancel = this.#options.timers.after(GATHER_MS, () => {
      this.#cancel = undefined
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#writing !== undefined) return
    this.#writing = this.#writeAll()
      .catch((error: NodeJS.ErrnoException) => {
        this.#lines = []
        this.#end(`it cannot be written: ${error.code ?? error.message}`)
      })
      .then(() => {
        this.#writing = undefined
        if (this.#over) return this.#close()
        if (this.#lines.length > 0) this.#gather()
        return undefined
      })
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    // What it could not close it could not write either, and that was told.
    await file?.close().catch(() => undefined)
  }

  async #writeAll(): Promise<void> {
    while (this.#lines.length > 0) {
      const text = this.#lines.join('')
      this.#lines = []
      await this.#mustHaveRoom(text.length)
      const file = await this.#fileFor(text.length)
      await file.appendFile(text)
      this.#waiting -= text.length
    }
  }

  /** The data of the switch may lie on the same disk, and comes first. */
  async #mustHaveRoom(bytes: number): Promise<void> {
    const { folder, limits } = this.#options
    if (this.#part === 0) await mkdir(folder, { recursive: true })
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize < limits.recordingFreeBytes + bytes) throw new Error('the disk is full')
  }

  async #fileFor(bytes: number): Promise<FileHandle> {
    const { folder, limits } = this.#options
    const isFull = this.#partBytes + bytes > limits.recordingFileBytes
    if (this.#file !== undefined && !isFull) {
      this.#partBytes += bytes
      return this.#file
    }
    await this.#file?.close()
    this.#part += 1
    const day = this.#from.replaceAll(/[-:]|\.\d+/g, '')
    const path = join(folder, `traffic-${day}-${String(this.#part).padStart(4, '0')}.ndjson`)
    this.#file = await open(path, 'wx', 0o600)
    const header = { evs: 'traffic', version: 1, made: 'recorded', part: this.#part } as const
    await this.#file.appendFile(headerLine({ ...header, from: this.#from }))
    this.#partBytes = bytes
    if (this.#part === 1) this.#tell('info', 'terminal traffic is recorded', path)
    return this.#file
  }

  /** False, for `write`: what was taken before is still written. */
  #end(why: string, level: Notice['level'] = 'warn'): false {
    if (this.#over) return false
    this.#over = true
    this.#cancel?.()
    this.#options.ended()
    this.#tell(level, 'the recording of terminal traffic ended', why)
    this.#flush()
    return false
  }

  #tell(level: Notice['level'], what: string, detail: string): void {
    this.#options.notice({ level, what, detail })
  }
}
