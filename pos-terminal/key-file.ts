// Files that hold a secret of the terminal: its master key, and a cardholder's PIN. A file that
// others may read is refused. What is read is kept nowhere.

import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { masterKeyOf } from '../protocol/security/key-file.ts'
import type { Key, SecurityModule } from '../protocol/security/security-module.ts'
import { SoftwareModule } from '../protocol/security/software-module.ts'
import { CardPin } from '../protocol/values/card.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import { KeyedTerminal } from './keyed-terminal.ts'
import type { TerminalStore } from './store.ts'
import type { TerminalKeys } from './terminal-keys.ts'

const OTHERS = 0o077
const STDIN = 0

/** The keys of a terminal with this master key and what its state file kept. */
export function openKeys(path: string, store: TerminalStore): TerminalKeys | Reason {
  const module = terminalModule()
  const master = readMasterKey(module, path)
  return isReason(master) ? master : new KeyedTerminal(module, master, store)
}

/** A terminal in software has its keys in its process, whatever it is used for, and seals none. */
export function terminalModule(): SecurityModule {
  const storage = { id: 1, key: randomBytes(32) }
  const storageKeys = { newest: () => storage, byId: () => storage }
  const environment = { production: false, acceptance: undefined }
  return new SoftwareModule(environment, storageKeys, randomBytes)
}

export function readMasterKey(module: SecurityModule, path: string): Key | Reason {
  const text = readSecret(path)
  return isReason(text) ? text : masterKeyOf(module, text, randomBytes)
}

/** `-` is the standard input. */
export function readCardPin(path: string): CardPin | Reason {
  const text = path === '-' ? readFileSync(STDIN, 'utf8') : readSecret(path)
  return isReason(text) ? text : CardPin.parse(text.replace(/\r?\n$/, ''))
}

export function readSecret(path: string): string | Reason {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return reason(`${path} cannot be read`)
  }
  try {
    const stat = fstatSync(file)
    if (stat.isFile() && (stat.mode & OTHERS) !== 0) {
      return reason(`${path} must be readable by its owner only (chmod 600)`)
    }
    return readFileSync(file, 'utf8')
  } catch {
    return reason(`${path} cannot be read`)
  } finally {
    closeSync(file)
  }
}
