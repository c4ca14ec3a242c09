// DE 62 of a key change from a card host. Whatever it holds, the change is in force with 00 and
// changes nothing with any other code; 00 is the answer to two good blocks, and to nothing else.

import { randomBytes } from 'node:crypto'
import type { Key, KeyScheme } from '../../../protocol/security/security-module.ts'
import { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { change, sendsUnder, zoneLink } from '../../card-gateway/zone-key-rig.ts'
import { Dice } from '../dice.ts'
import { type FuzzTarget, Mismatch, type OpenTarget, type Outcome } from '../target.ts'
import { bytesOf } from './security.ts'

const SCHEMES = ['tdes', 'aes'] as const

/** Byte 0 chooses the scheme; the rest is DE 62. */
export const ZONE_KEY_BLOCKS_TARGET: FuzzTarget = {
  name: 'zone-key-blocks',
  weight: 2,
  sliceRuns: 30_000,
  mostBytes: 400,
  floorBytes: 131_072,
  words: ['B0080M3TC00N0000', 'B0080P0TE00N0000', 'D0112M6AC00N0000', 'D0112P0AE00N0000', '0080'],
  open: openZone,
}

interface Link {
  readonly scheme: KeyScheme
  readonly master: Key
  /** The MAC key of each MAC block, and all PIN blocks, that were made. */
  readonly macs: Map<string, Key>
  readonly pins: Set<string>
}

function openZone(dice: Dice): OpenTarget {
  const storage = { id: 1, key: randomBytes(32) }
  const storageKeys = { newest: () => storage, byId: () => storage }
  const environment = { production: false, acceptance: undefined }
  // Runs throw these dice too, and how often an input is measured is not always the same.
  const module = new SoftwareModule(environment, storageKeys, bytesOf(new Dice(dice.bits())))
  const links = SCHEMES.map((scheme): Link => {
    return { scheme, master: module.generate('master', scheme), macs: new Map(), pins: new Set() }
  })
  const make = (at: number) => {
    const link = links[at]
    if (link === undefined) throw new RangeError('no link')
    const text = madeBlocks(module, link)
    const bytes = Buffer.concat([Buffer.from([at]), Buffer.from(text)])
    return { bytes, marks: [0, 1, 2, 6, 1 + text.length / 2, 2 + text.length / 2] }
  }
  return {
    seeds: [make(0), make(0), make(1), make(1)],
    generate: () => make(dice.below(SCHEMES.length)),
    run: (input) => {
      const link = links[(input[0] ?? 0) & 1]
      if (link === undefined) throw new RangeError('no link')
      return changed(module, link, input.toString('latin1', 1))
    },
  }
}

function madeBlocks(module: SoftwareModule, { scheme, master, macs, pins }: Link): string {
  const macKey = module.generate('mac', scheme)
  const mac = module.exportUnder(master, macKey)
  const pinBlock = module.exportUnder(master, module.generate('pin', scheme))
  macs.set(mac, macKey)
  pins.add(pinBlock)
  return mac + pinBlock
}

async function changed(module: SoftwareModule, link: Link, text: string): Promise<Outcome> {
  const { scheme, master, macs, pins } = link
  const begun = zoneLink(module, scheme, master)
  const zone = begun.restart()
  const code = await change(zone, text)
  const size = scheme === 'tdes' ? 80 : 112
  const macKey = macs.get(text.slice(0, size))
  const isGood = macKey !== undefined && pins.has(text.slice(size))
  if (isGood !== (code === '00')) throw new Mismatch(`${code} to ${isGood ? 'good' : 'bad'} blocks`)
  if (zone.missing === isGood) throw new Mismatch('keys without a change, or none with one')
  if (begun.restart().missing === isGood) throw new Mismatch('what is stored is another')
  if (macKey === undefined || !isGood) return `${scheme} ${code}`
  if (!sendsUnder(module, zone, macKey)) throw new Mismatch('another MAC key is in force')
  return `${scheme} ${code} ${text.length}`
}
