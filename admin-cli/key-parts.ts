// Parts of a master key on paper and in files: one file for each part, for one custodian each, that
// can be printed as it is and read back. Written once, never over another file, for its owner only.
//
//   # part 1 of 3 of the master key of terminal 10000001 of merchant 000000000100001, …
//   # check value of the whole key: 9F3A11
//   scheme aes
//   part 0123-4567-89AB-CDEF-0123-4567-89AB-CDEF 00A1B2

import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { EvsError } from '../admin-api/errors.ts'
import type { IssuedKey } from '../admin-api/key-schemas.ts'
import { type WriteSome, writeWhole } from './write-whole.ts'

export interface ReadPart {
  readonly part: string
  readonly checkValue: string
}

/** Whose key it is, as people know it: in the names of files, and on the print-out. */
export interface OwnerText {
  readonly fileName: string
  readonly words: string
}

/** Files that are open and empty, in the order of the parts. */
export interface PartFiles {
  /** Their paths, when each holds its part. */
  write(key: IssuedKey): string[]
  drop(): void
}

/**
 * Opened before the key is made: a key that is in force and whose parts were never written down
 * would leave its terminal without one.
 */
export function openPartFiles(
  folder: string,
  { fileName, words }: OwnerText,
  count: number,
): PartFiles {
  const made = folderFor(folder)
  const opened: { readonly file: string; readonly place: NewFile }[] = []
  const drop = () => {
    for (const { place } of opened) place.drop()
    if (made) rmdirSync(folder)
  }
  try {
    for (let number = 1; number <= count; number++) {
      const file = join(folder, `${fileName}-part-${number}.txt`)
      opened.push({ file, place: newFile(file) })
    }
  } catch (error) {
    drop()
    throw error
  }
  return {
    drop,
    write: (key) =>
      opened.map(({ file, place }, index) => {
        const { part = '', checkValue = '' } = key.parts[index] ?? {}
        const number = { number: index + 1, of: key.parts.length }
        const about = { whose: words, scheme: key.scheme, created: key.created }
        place.write(
          partText({ ...number, ...about, part, checkValue, keyCheckValue: key.checkValue }),
        )
        return file
      }),
  }
}

/** Whether it was not there before. */
function folderFor(folder: string): boolean {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined
  } catch (error) {
    throw refused(folder, 'it cannot be made', (error as NodeJS.ErrnoException).code ?? '')
  }
}

export interface PrintedPart {
  readonly whose: string
  readonly scheme: string
  readonly number: number
  readonly of: number
  readonly created: string
  readonly part: string
  readonly checkValue: string
  /** Of the whole key. */
  readonly keyCheckValue: string
}

export function partText(printed: PrintedPart): string {
  const { whose, scheme, number, of, created, part, checkValue, keyCheckValue } = printed
  const groups = part.match(/.{4}/g)?.join('-') ?? part
  return [
    `# part ${number} of ${of} of the master key of ${whose}, ${created.slice(0, 10)}`,
    `# check value of the whole key: ${keyCheckValue}`,
    `scheme ${scheme}`,
    `part ${groups} ${checkValue}`,
    '',
  ].join('\n')
}

/** A part as its file has it. What is wrong is told by line, and never repeated. */
export function readPart(cwd: string, file: string, scheme: string): ReadPart {
  let text: string
  try {
    text = readFileSync(resolve(cwd, file), 'utf8')
  } catch (error) {
    throw refused(file, 'it cannot be read', (error as NodeJS.ErrnoException).code ?? '')
  }
  return partIn(text, file, scheme)
}

/** The part of a text; `file` names where it came from. */
export function partIn(text: string, file: string, scheme: string): ReadPart {
  let found: ReadPart | undefined
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [word = '', value = '', checkValue = ''] = line.split(/\s+/)
    const at = `line ${index + 1}`
    if (word === 'scheme') {
      if (value !== scheme) throw refused(file, `${at}: a part of another scheme`, scheme)
    } else if (word !== 'part' || found !== undefined) {
      throw refused(file, `${at}: one scheme and one part expected`, '')
    } else if (!/^[0-9A-Fa-f]{6}$/.test(checkValue)) {
      throw refused(file, `${at}: a check value of 6 hex characters expected`, '')
    } else {
      found = { part: value, checkValue: checkValue.toUpperCase() }
    }
  }
  if (found === undefined) throw refused(file, 'there is no part in it', '')
  return found
}

export interface NewFile {
  write(text: string): void
  drop(): void
}

/** More than any part takes. */
const ROOM_BYTES = 4_096

/**
 * Opened before there is anything to write, and with room for it, so that no part is made for a
 * place that is none, nor for a full disk.
 */
export function newFile(file: string, writeSome?: WriteSome): NewFile {
  let handle: number | undefined
  const drop = () => {
    if (handle === undefined) return
    closeSync(handle)
    rmSync(file, { force: true })
  }
  try {
    handle = openSync(file, 'wx', 0o600)
    writeWhole(handle, Buffer.alloc(ROOM_BYTES, '\n'), 0, writeSome)
    fsyncSync(handle)
  } catch (error) {
    drop()
    const { code, message } = error as NodeJS.ErrnoException
    throw refused(file, 'it cannot be written', code ?? message)
  }
  const opened = handle
  return { drop, write: (text) => writePart(file, opened, Buffer.from(text), writeSome) }
}

function writePart(file: string, handle: number, bytes: Buffer, writeSome?: WriteSome): void {
  try {
    writeWhole(handle, bytes, 0, writeSome)
    ftruncateSync(handle, bytes.length)
    fsyncSync(handle)
    closeSync(handle)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new EvsError('PART_LOST', { message: `${file}: ${code ?? message}` })
  }
}

function refused(file: string, what: string, detail: string): EvsError {
  const why = detail === '' ? what : `${what} (${detail})`
  const hint = 'docs/security.md shows the file of a key part'
  return new EvsError('USAGE', { message: `${file}: ${why}`, hint })
}
