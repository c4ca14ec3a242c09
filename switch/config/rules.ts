// Rules between settings that a schema cannot say: what is safe, what contradicts, what collides.
// Each names the setting to change and why. Relations between numbers are in `../limits.ts`.

import { assertRelations } from '../limits.ts'
import { gatewayRules } from './gateway-rules.ts'
import { institutionTlsRules } from './listener-tls-rules.ts'
import { contains } from './paths.ts'
import type { Problem } from './problem.ts'
import type { CardHostConfig, Config, ListenerConfig } from './schema.ts'
import { collisions, repeated, sockets } from './socket-rules.ts'
import { tokenRules } from './token-rules.ts'

/** Longest path of a unix socket in bytes. [unix(7), sun_path] */
const SOCKET_PATH_BYTES = 107

export function brokenRules(config: Config): Problem[] {
  return [
    ...config.listeners.flatMap(listenerRules),
    ...config.cardHosts.flatMap(cardHostRules),
    ...repeated('listeners', config.listeners),
    ...repeated('cardHosts', config.cardHosts),
    ...repeated('gateways', config.gateways),
    ...gatewayRules(config),
    ...samePorts(config),
    ...placeRules(config),
    ...tokenRules(config),
    ...assertRelations(config, {
      listenerTls: config.listeners.some(({ tls }) => tls !== undefined),
    }),
  ]
}

function listenerRules(listener: ListenerConfig, index: number): Problem[] {
  const at = `listeners.${index}`
  const problems: Problem[] = []
  const isSecure = listener.port === undefined && listener.gatewayTls !== 'none'
  const isOpen = listener.tls === undefined && !isSecure
  if (listener.keys === 'none' && !listener.insecure && isOpen) {
    problems.push({
      path: `${at}.keys`,
      message: 'voucher PINs would travel in clear',
      hint: 'give it tls or keys: tdes or aes, or mark the listener insecure: true',
    })
  }
  if (listener.kind === 'terminal') problems.push(...institutionOnly(listener, at))
  problems.push(...institutionTlsRules(listener, `${at}.tls`))
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

function samePorts({ listeners, gateways, admin }: Config): Problem[] {
  return collisions([
    ...sockets('listeners', listeners),
    ...sockets('gateways', gateways),
    { path: 'admin.port', host: admin.host, port: admin.port },
  ])
}

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

function tlsKeys({ listeners, gateways, cardHosts }: Config): { path: string; file: string }[] {
  const entries = [
    ...gateways.map(({ tls }, index) => ({ path: `gateways.${index}.tls.key`, file: tls.key })),
    ...listeners.map(({ tls }, index) => ({ path: `listeners.${index}.tls.key`, file: tls?.key })),
    ...cardHosts.map(({ tls }, index) => ({ path: `cardHosts.${index}.tls.key`, file: tls?.key })),
  ]
  return entries.flatMap(({ path, file }) => (file === undefined ? [] : [{ path, file }]))
}
