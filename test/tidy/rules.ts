// House rules that a syntax tree can show: banned names, banned calls, long functions, `any`,
// default exports, and stock that is moved without waiting. Each gives the places that break it.

import ts from 'typescript'
import { placeOf, type Source, walk } from './source.ts'

/** The adapters: the only product files that may ask for time, timers or randomness. */
const ADAPTERS: Readonly<Record<string, RegExp>> = {
  'protocol/link/timers.ts': /^(Date\.now|performance\.now|setTimeout|setImmediate)$/,
  'card-host/card-hash.ts': /^randomBytes$/,
  // The storage key of a module that stores nothing.
  'card-host/key-file.ts': /^randomBytes$/,
  'pos-terminal/key-file.ts': /^randomBytes$/,
  'voucher-store/vault/kek-file.ts': /^randomBytes$/,
  'voucher-store/vault/nonces.ts': /^randomBytes$/,
  'voucher-store/vault/seal.ts': /^randomBytes$/,
  'voucher-store/vault/vault.ts': /^randomBytes$/,
  // Tokens of sessions, numbers of requests and the key that compares them.
  'switch/access/approvals.ts': /^randomBytes$/,
  'switch/access/key-ceremonies.ts': /^randomBytes$/,
  'switch/access/sessions.ts': /^randomBytes$/,
  // The key of a recording, which is gone with it.
  'switch/recording.ts': /^randomBytes$/,
  // Jitter of the dialler's back-off, and nothing else.
  'switch/chance.ts': /^randomInt$/,
  // Frames that arrived together are committed together.
  'voucher-store/writer/journal-client.ts': /^setImmediate$/,
}

const CLOCKS_AND_DICE = new Set([
  ...['Date.now', 'performance.now', 'process.hrtime', 'Math.random'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'new Date()'],
  ...['randomBytes', 'randomInt', 'randomUUID', 'randomFill', 'randomFillSync', 'getRandomValues'],
])

const BANNED_NAMES = new Set(['pin', 'operator', 'transaction', 'Transaction'])

const FUNCTION_LINES = 70

/** A call by its name: `Date.now`, `randomBytes` (of crypto too), or `new Date()` for now. */
function nameOfCall(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node)) {
    const now = node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0
    return now ? 'new Date()' : undefined
  }
  if (!ts.isCallExpression(node)) return undefined
  const text = node.expression.getText()
  return text.replace(/^(globalThis|crypto|nodeCrypto|webcrypto)\./, '')
}

export function bannedCalls(source: Source): string[] {
  const found: string[] = []
  walk(source, (node) => {
    const call = nameOfCall(node)
    if (call === undefined || !CLOCKS_AND_DICE.has(call)) return
    if (ADAPTERS[source.path]?.test(call)) return
    found.push(`${placeOf(source, node)}: ${call} outside an adapter`)
  })
  return found
}

/** Adapter entries that are not needed any more. */
export function idleAdapters(sources: readonly Source[]): string[] {
  return Object.keys(ADAPTERS).filter((path) => {
    const source = sources.find((candidate) => candidate.path === path)
    let used = false
    if (source !== undefined) {
      walk(source, (node) => {
        if (CLOCKS_AND_DICE.has(nameOfCall(node) ?? '')) used = true
      })
    }
    return !used
  })
}

/** Where a MAC that somebody else made is judged: how long it takes tells nobody how far he got. */
const JUDGES = [
  'hardware-module/wrapped-key.ts',
  'protocol/security/key-block.ts',
  'protocol/security/mac.ts',
  'voucher-store/signed-checkpoint.ts',
]

/** Judges of MACs that do not compare in constant time, and files that do so unlisted. */
export function hastyJudges(sources: readonly Source[], judges = JUDGES): string[] {
  const steady = sources.filter((source) => {
    let isSteady = false
    walk(source, (node) => {
      if (nameOfCall(node) === 'timingSafeEqual') isSteady = true
    })
    return isSteady
  })
  const paths = steady.map(({ path }) => path)
  return [
    ...judges.filter((path) => !paths.includes(path)).map((path) => `${path} is hasty`),
    ...paths.filter((path) => !judges.includes(path)).map((path) => `${path} is not listed`),
  ]
}

/** A bare `pin`, `operator` or `transaction`; the database's own word is for the store alone. */
export function bannedNames(source: Source): string[] {
  const found: string[] = []
  walk(source, (node) => {
    if (!ts.isIdentifier(node) || !BANNED_NAMES.has(node.text)) return
    if (node.text === 'transaction' && source.path.startsWith('voucher-store/')) return
    found.push(`${placeOf(source, node)}: the name ${node.text}`)
  })
  return found
}

export function longFunctions(source: Source): string[] {
  const found: string[] = []
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return
    const first = source.tree.getLineAndCharacterOfPosition(node.getStart()).line
    const last = source.tree.getLineAndCharacterOfPosition(node.getEnd()).line
    const lines = last - first + 1
    if (lines > FUNCTION_LINES) found.push(`${placeOf(source, node)}: a function of ${lines} lines`)
  })
  return found
}

export function anyTypes(source: Source): string[] {
  const found: string[] = []
  walk(source, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${placeOf(source, node)}: any`)
  })
  return found
}

export function defaultExports(source: Source): string[] {
  const found: string[] = []
  walk(source, (node) => {
    const assigned = ts.isExportAssignment(node)
    const marked = ts.canHaveModifiers(node) && ts.getModifiers(node)
    const words = marked ? marked.map((modifier) => modifier.kind) : []
    if (!assigned && !words.includes(ts.SyntaxKind.DefaultKeyword)) return
    found.push(`${placeOf(source, node)}: a default export`)
  })
  return found
}

/** What would let another sale run in the middle of a reservation. */
export function waiting(source: Source): string[] {
  const found: string[] = []
  walk(source, (node) => {
    const isPromise = ts.isIdentifier(node) && /^Promise/.test(node.text)
    const isAwait = ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword
    if (isPromise || isAwait || ts.isYieldExpression(node)) {
      found.push(`${placeOf(source, node)}: ${node.getText()}`)
    }
  })
  return found
}
