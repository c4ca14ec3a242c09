// Rules between settings that a schema cannot say: what is safe, what contradicts, what collides.
// Each names the setting to change and why. Relations between numbers are in `../limits.ts`.

import { isAbsolute, relative } from 'node:path'
import { assertRelations } from '../limits.ts'
import type { Problem } from './problem.ts'
import type { CardHostConfig, Config, ListenerConfig } from './schema.ts'

/** Longest path of a unix socket in bytes. [unix(7), sun_path] */
const SOCKET_PATH_BYTES = 107

export function brokenRules(config: Config): Problem[] {
  return [
    ...config.listeners.flatMap(listenerRules),
    ...config.cardHosts.flatMap(cardHostRules),
    ...repeated('listeners', config.listeners),
    ...repeated('cardHosts', config.cardHosts),
    ...samePorts(config),
    ...placeRules(config),
    ...tokenRules(config),
    ...assertRelations(config),
  ]
}

function listenerRules(listener: ListenerConfig, index: number): Problem[] {
  const at = `listeners.${index}`
  const problems: Problem[] = []
  if (listener.keys === 'none' && !listener.insecure && listener.tls === undefined) {
    problems.push({
      path: `${at}.keys`,
      message: 'voucher PINs would travel in clear',
      hint: 'give it tls or keys: tdes or aes, or mark the listener insecure: true',
    })
  }
  if (listener.kind === 'terminal') problems.push(...institutionOnly(listener, at))
  problems.push(...listenerTlsRules(listener, `${at}.tls`))
  if (listener.merchants.length > 1 && listener.merchants.includes('*')) {
    const message = '* is any merchant, so the others mean nothing'
    problems.push({ path: `${at}.merchants`, message, hint: 'keep the list or the *' })
  }
  for (const [ours, theirs] of Object.entries(listener.responseCodes)) {
    if (ours !== '00' && theirs !== '00') continue
    problems.push({
      path: `${at}.responseCodes.${ours}`,
      message: '00 means approved and cannot be mapped, nor can another code be mapped to it',
      hint: 'a terminal that takes a refusal for an approval hands out goods for nothing',
    })
  }
  return problems
}

function institutionOnly(listener: ListenerConfig, at: string): Problem[] {
  const message = 'is for an institution only'
  const hint = 'leave it out, or set kind: institution'
  const problems: Problem[] = []
  if (listener.institution !== 0) problems.push({ path: `${at}.institution`, message, hint })
  if (!listener.merchants.includes('*')) problems.push({ path: `${at}.merchants`, message, hint })
  return problems
}

function listenerTlsRules({ kind, tls }: ListenerConfig, at: string): Problem[] {
  if (tls === undefined) return []
  const path = `${at}.clients`
  const named = tls.clients.length > 0
  if (kind === 'terminal') {
    if (!named) return []
    const message = 'is for an institution only'
    const hint = 'a terminal is bound by its own certificate, whose name is its TID'
    return [{ path, message, hint }]
  }
  if (named && tls.clientCa === undefined) {
    const message = 'no certificate is asked for, so nobody shows these names'
    return [{ path, message, hint: 'set clientCa to the authority of the institution' }]
  }
  if (named || tls.clientCa === undefined) return []
  const message = 'any holder of a certificate of clientCa could speak for the institution'
  const hint = "list the names (CN or DNS) in the institution's own certificates"
  return [{ path, message, hint }]
}

function cardHostRules(host: CardHostConfig, index: number): Problem[] {
  const { approvedCodes, definiteDeclines } = host.profile
  const path = `cardHosts.${index}.profile.definiteDeclines`
  const problems: Problem[] = []
  const { tls } = host
  if (tls !== undefined && (tls.certificate === undefined) !== (tls.key === undefined)) {
    problems.push({
      path: `cardHosts.${index}.tls`,
      message: 'certificate and key go together',
      hint: 'set both, or neither when the card host asks for no certificate',
    })
  }
  for (const code of definiteDeclines) {
    if (code !== '00' && code !== '10' && !approvedCodes.includes(code)) continue
    problems.push({
      path,
      message: `${code} is an approval, whole or partial, and cannot be a definite decline`,
      hint: 'a decline is never reversed, so the debit would stay',
    })
  }
  return problems
}

function repeated(list: string, entries: readonly { readonly name: string }[]): Problem[] {
  const problems: Problem[] = []
  const seen = new Map<string, number>()
  for (const [index, { name }] of entries.entries()) {
    const first = seen.get(name)
    if (first === undefined) seen.set(name, index)
    else {
      const message = `the name ${name} is taken by ${list}.${first}`
      problems.push({ path: `${list}.${index}.name`, message, hint: 'give each a name of its own' })
    }
  }
  return problems
}

/** Two sockets on one port; port 0 takes a free one and never collides. */
function samePorts(config: Config): Problem[] {
  const sockets = config.listeners.map((listener, index) => ({
    path: `listeners.${index}.port`,
    host: listener.host,
    port: listener.port,
  }))
  sockets.push({ path: 'admin.port', host: config.admin.host, port: config.admin.port })
  const problems: Problem[] = []
  for (const [index, socket] of sockets.entries()) {
    const other = sockets.slice(0, index).find((before) => collide(before, socket))
    if (other === undefined) continue
    const message = `port ${socket.port} is taken by ${other.path}`
    problems.push({ path: socket.path, message, hint: 'choose another port, or 0 for a free one' })
  }
  return problems
}

interface Socket {
  readonly host: string
  readonly port: number
}

function collide(a: Socket, b: Socket): boolean {
  if (a.port === 0 || a.port !== b.port) return false
  return a.host === b.host || ANY_ADDRESS.has(a.host) || ANY_ADDRESS.has(b.host)
}

const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/

function placeRules(config: Config): Problem[] {
  const problems: Problem[] = []
  const bytes = Buffer.byteLength(config.admin.socket)
  if (bytes > SOCKET_PATH_BYTES) {
    const message = `the path has ${bytes} bytes; a unix socket may have ${SOCKET_PATH_BYTES}`
    problems.push({
      path: 'admin.socket',
      message,
      hint: 'set a shorter path, in /run for example',
    })
  }
  if (!LOOPBACK.test(config.admin.host)) {
    const message = `${config.admin.host} is not a loopback address`
    const hint = 'the admin interface moves stock and money; reach it through a tunnel'
    problems.push({ path: 'admin.host', message, hint })
  }
  for (const { path, file } of tlsKeys(config)) {
    if (!contains(config.data.directory, file)) continue
    const message = 'the private key stands inside data.directory'
    problems.push({ path, message, hint: 'keep keys apart from the data' })
  }
  const { kekFile, kekCommand } = config.vault
  if (kekFile !== undefined && kekCommand !== undefined) {
    const message = 'the key-encryption key comes from a file or from a command, not from both'
    problems.push({ path: 'vault.kekCommand', message, hint: 'leave one of the two out' })
  }
  if (kekFile !== undefined && contains(config.data.directory, kekFile)) {
    const message = 'the key-encryption key stands inside data.directory'
    const hint = 'a copy of the data would carry the key that protects it; keep them apart'
    problems.push({ path: 'vault.kekFile', message, hint })
  }
  return problems
}

function tokenRules({ pkcs11, vault, securityModule, data }: Config): Problem[] {
  const problems: Problem[] = []
  const problem = (path: string, message: string, hint: string) =>
    problems.push({ path, message, hint })
  const { keyLabel, software } = securityModule
  const { kekLabel } = vault
  if (pkcs11 === undefined) {
    const hint = 'add pkcs11 with library, tokenLabel and userPinFile'
    const message = 'a key in a token needs to know which token'
    if (keyLabel !== undefined) problem('securityModule.keyLabel', message, hint)
    if (kekLabel !== undefined) problem('vault.kekLabel', message, hint)
    return problems
  }
  if (keyLabel === undefined && kekLabel === undefined) {
    const hint = 'set vault.kekLabel, securityModule.keyLabel, or both'
    problem('pkcs11', 'nothing is kept in that token', hint)
  }
  if (keyLabel !== undefined && software !== undefined) {
    const message = 'keys are used in the token or in this process, not in both'
    problem('securityModule.software', message, 'leave one of software and keyLabel out')
  }
  if (kekLabel !== undefined && (kekLabel === keyLabel || kekLabel === `${keyLabel}-binding`)) {
    const message = 'the key-encryption key and the storage keys have one label'
    problem('vault.kekLabel', message, 'each key has one use: give it another label')
  }
  const { userPinFile, userPinCommand } = pkcs11
  if ((userPinFile === undefined) === (userPinCommand === undefined)) {
    const message = 'the user PIN comes from one of userPinFile and userPinCommand'
    problem('pkcs11.userPinFile', message, 'set one of the two; it never stands in this file')
  }
  if (userPinFile !== undefined && contains(data.directory, userPinFile)) {
    const message = 'the user PIN stands inside data.directory'
    problem('pkcs11.userPinFile', message, 'a copy of the data would carry it; keep them apart')
  }
  return problems
}

function tlsKeys({ listeners, cardHosts }: Config): { path: string; file: string }[] {
  const entries = [
    ...listeners.map(({ tls }, index) => ({ path: `listeners.${index}.tls.key`, file: tls?.key })),
    ...cardHosts.map(({ tls }, index) => ({ path: `cardHosts.${index}.tls.key`, file: tls?.key })),
  ]
  return entries.flatMap(({ path, file }) => (file === undefined ? [] : [{ path, file }]))
}

function contains(directory: string, file: string): boolean {
  const way = relative(directory, file)
  return way !== '' && !isAbsolute(way) && way !== '..' && !way.startsWith('../')
}
