// One configuration of the switch from its sources: it gives the whole configuration with absolute
// paths, or the list of everything that is wrong with it. How sources are read is in `read.ts`.

import { join, resolve } from 'node:path'
import { SWITCH_SETTINGS } from './keys.ts'
import { absolute, type Loaded, readSettings, type Sources } from './read.ts'
import { brokenRules } from './rules.ts'
import { type Config, type ParsedConfig, schema } from './schema.ts'

export type LoadedConfig = Loaded<Config>

export function loadConfig(sources: Sources): LoadedConfig {
  return readSettings(sources, { settings: SWITCH_SETTINGS, schema, resolved, brokenRules })
}

/** Fills in what depends on other settings, and makes paths absolute. */
function resolved(parsed: ParsedConfig, folder: string): Config {
  const directory = resolve(folder, parsed.data.directory)
  const socket = parsed.admin.socket
  return {
    ...parsed,
    listeners: parsed.listeners.map((listener) => ({
      ...listener,
      tpdu: listener.tpdu ?? listener.kind === 'terminal',
      institution: listener.institution ?? 0,
      gatewayTls: listener.gatewayTls ?? gatewayTlsOf(listener),
      tls: absolute(listener.tls, folder),
    })),
    gateways: parsed.gateways.map((door) => ({ ...door, tls: absolute(door.tls, folder) })),
    cardHosts: parsed.cardHosts.map((host) => ({ ...host, tls: absolute(host.tls, folder) })),
    admin: {
      ...parsed.admin,
      socket: socket === undefined ? join(directory, 'admin.sock') : resolve(folder, socket),
    },
    data: { directory },
    vault: resolvedVault(parsed.vault, folder),
    pkcs11: resolvedToken(parsed.pkcs11, folder),
    recording: parsed.recording && { folder: resolve(folder, parsed.recording.folder) },
  }
}

/** Behind a gateway nothing less is asked of a terminal than at the switch's own door. */
function gatewayTlsOf({ keys, insecure, tls }: ParsedConfig['listeners'][number]) {
  if (tls?.clientCa !== undefined) return 'certificate'
  return tls !== undefined || (keys === 'none' && !insecure) ? 'tls' : 'none'
}

/** A program without a slash in its name is looked for in PATH. */
function resolvedVault(vault: ParsedConfig['vault'], folder: string): Config['vault'] {
  const { kekCommand, kekLabel } = vault
  const isElsewhere = kekCommand !== undefined || kekLabel !== undefined
  const { kekFile = isElsewhere ? undefined : KEK_FILE } = vault
  return {
    ...(kekFile === undefined ? {} : { kekFile: resolve(folder, kekFile) }),
    ...(kekCommand === undefined ? {} : { kekCommand: program(kekCommand, folder) }),
    ...(kekLabel === undefined ? {} : { kekLabel }),
  }
}

/** A library without a slash in its name is looked for where the system keeps them. */
function resolvedToken(pkcs11: ParsedConfig['pkcs11'], folder: string): ParsedConfig['pkcs11'] {
  if (pkcs11 === undefined) return undefined
  const { library, userPinFile, userPinCommand } = pkcs11
  return {
    ...pkcs11,
    library: library.includes('/') ? resolve(folder, library) : library,
    ...(userPinFile === undefined ? {} : { userPinFile: resolve(folder, userPinFile) }),
    ...(userPinCommand === undefined ? {} : { userPinCommand: program(userPinCommand, folder) }),
  }
}

/** A program without a slash in its name is looked for in PATH. */
function program([name = '', ...given]: readonly string[], folder: string): string[] {
  return [name.includes('/') ? resolve(folder, name) : name, ...given]
}

const KEK_FILE = 'keys/kek'
