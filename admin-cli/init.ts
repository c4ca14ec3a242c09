// `evs init`: a folder with a configuration, a key-encryption key and an empty store. What is made,
// and what is never overwritten, is decided by the switch.

import type { Command } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import { writeJson, writeProperties } from './rows.ts'
import { doing, verb } from './verb.ts'
import type { InitOrder, VerbWorld } from './world.ts'

interface Options {
  readonly dir: string
  readonly force?: boolean
  readonly json?: boolean
  readonly pkcs11?: string
  readonly token?: string
  readonly userPinFile?: string
}

const FORCE =
  'write the configuration anew, and finish an init that was cut off; ' +
  'a key or a store is never replaced'

export function initVerb(world: VerbWorld): Command {
  return verb(world, 'init', {
    summary: 'make a configuration, a key and an empty store',
    examples: [
      'init --dir shop',
      'init --dir shop --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token evs --user-pin-file pin',
    ],
    exits: { 5: 'refused: there is a store already' },
    bare: true,
  })
    .option('--dir <folder>', 'where; it is made when it is not there', '.')
    .option('--force', FORCE)
    .option('--pkcs11 <library>', 'make the keys in a token of this PKCS#11 library')
    .option('--token <label>', 'the label of that token')
    .option('--user-pin-file <file>', 'the file of its user PIN, mode 0600')
    .action(
      doing(world, async ({ dir, force = false, json, ...given }: Options) => {
        const { resolve } = await import('node:path')
        const token = tokenOf(given, (path) => resolve(world.cwd, path))
        const made = await world.rooms.init({ dir: resolve(world.cwd, dir), force, token })
        if (json === true) return void writeJson(world, made)
        writeProperties(world, Object.entries(made).map(textPair))
        world.stdout.write(`\nNext: evs serve --dir ${dir}\n`)
      }),
    )
}

/** All three or none. */
function tokenOf(
  { pkcs11, token: tokenLabel, userPinFile }: Options | Omit<Options, 'dir'>,
  absolute: (path: string) => string,
): InitOrder['token'] {
  if (pkcs11 === undefined && tokenLabel === undefined && userPinFile === undefined) {
    return undefined
  }
  if (pkcs11 !== undefined && tokenLabel !== undefined && userPinFile !== undefined) {
    const library = pkcs11.includes('/') ? absolute(pkcs11) : pkcs11
    return { library, tokenLabel, userPinFile: absolute(userPinFile) }
  }
  throw new EvsError('USAGE', {
    message: 'keys in a token need --pkcs11, --token and --user-pin-file',
  })
}

function textPair([name, value]: [string, unknown]): readonly [string, string] {
  return [name, typeof value === 'string' ? value : JSON.stringify(value)]
}
