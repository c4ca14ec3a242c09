// The master key of a terminal or a zone as lines of text, for whoever holds keys in software:
//
//   scheme aes            or tdes
//   part HEX CHECKVALUE   two or three, as they were printed; hex may be grouped by `-`
//   key HEX [CHECKVALUE]  in place of the parts
//
// Empty lines and lines that begin with # do not count. Reads text and no file: that nobody else
// may read the file is for its reader to see to. A reason names a line, never what stands on it.

import { isReason, type Reason, reason } from '../values/reason.ts'
import { xorInto } from './block-cipher.ts'
import { checkValueOf } from './check-value.ts'
import type { RandomBytes } from './key-block.ts'
import { KEY_BYTES } from './key-strength.ts'
import {
  type Key,
  type KeyComponent,
  KeyPart,
  type KeyScheme,
  type SecurityModule,
} from './security-module.ts'

const SCHEMES = ['tdes', 'aes'] as const satisfies readonly KeyScheme[]
const PARTS_MOST = 3

/** The master key that the text holds. `random`: of `node:crypto` outside tests. */
export function masterKeyOf(
  module: SecurityModule,
  text: string,
  random: RandomBytes,
): Key | Reason {
  const read = readLines(text)
  if (isReason(read)) return read
  const { scheme, parts, whole } = read
  if (scheme === undefined) return reason('key file: a line `scheme tdes` or `scheme aes` expected')
  const isOne = whole !== undefined && parts.length === 0
  if (!isOne && (whole !== undefined || parts.length < 2 || parts.length > PARTS_MOST)) {
    return reason(`key file: 2 or ${PARTS_MOST} lines \`part\`, or one line \`key\`, expected`)
  }
  const components = whole === undefined ? parts : halved(scheme, whole, random)
  return isReason(components) ? components : module.combine('master', scheme, components)
}

interface Lines {
  scheme: KeyScheme | undefined
  readonly parts: KeyComponent[]
  whole: { readonly component: KeyPart; readonly checkValue: string | undefined } | undefined
}

function readLines(text: string): Lines | Reason {
  const lines: Lines = { scheme: undefined, parts: [], whole: undefined }
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/)
    if (words[0] === '' || words[0]?.startsWith('#')) continue
    if (!takeLine(lines, words)) return reason(`key file: line ${index + 1} is not understood`)
  }
  return lines
}

function takeLine(lines: Lines, [word, value = '', check, more]: string[]): boolean {
  if (more !== undefined) return false
  if (word === 'scheme') {
    const scheme = SCHEMES.find((one) => one === value)
    if (scheme === undefined || check !== undefined || lines.scheme !== undefined) return false
    lines.scheme = scheme
    return true
  }
  const component = KeyPart.parse(value)
  const checkValue = check?.toUpperCase()
  if (isReason(component) || !/^[0-9A-F]{6}$/.test(checkValue ?? '000000')) return false
  if (word === 'part' && checkValue !== undefined) {
    lines.parts.push({ component, checkValue })
    return true
  }
  if (word !== 'key' || lines.whole !== undefined) return false
  lines.whole = { component, checkValue }
  return true
}

/** A whole key as two parts, since the module takes no key that one person held. */
function halved(
  scheme: KeyScheme,
  whole: NonNullable<Lines['whole']>,
  random: RandomBytes,
): KeyComponent[] | Reason {
  const key = Buffer.from(whole.component.reveal(), 'hex')
  const differs = whole.checkValue !== undefined && checkValueOf(scheme, key) !== whole.checkValue
  const first = Buffer.from(random(KEY_BYTES))
  xorInto(key, first)
  const parts = [first, key].map((bytes) => componentOf(scheme, bytes))
  key.fill(0)
  first.fill(0)
  return differs ? reason('key file: the check value differs') : parts
}

function componentOf(scheme: KeyScheme, bytes: Buffer): KeyComponent {
  const component = KeyPart.parse(bytes.toString('hex'))
  if (isReason(component)) throw new Error(component.reason)
  return { component, checkValue: checkValueOf(scheme, bytes) }
}
