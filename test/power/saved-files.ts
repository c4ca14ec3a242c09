// What `saving-process.ts` saves, and what a power cut may have left of it: `problemsOf` names
// what was said to be saved and is not there.

import { type LedgerEntry, parseEntry } from '../../card-host/ledger.ts'
import type { TerminalState } from '../../pos-terminal/state.ts'
import { CHECKPOINT_FILE } from '../../voucher-store/signed-checkpoint.ts'
import { GENESIS } from '../../voucher-store/writer/chain.ts'
import type { Image } from './disk.ts'

export const SAID = 'said'
export const TERMINAL = 'terminal.json'
export const BACKUP = 'copy.evsb'
export const LEDGER = 'ledger.ndjson'
export const STANS = [11, 12, 13, 14]
export const DEBIT: LedgerEntry = {
  ...{ at: '2026-11-22T05:44:31.000Z', kind: 'debit', de7: '1122054431', stan: '000011' },
  ...{ tid: '10000001', mid: '100001', acquirer: '000001', rrn: '632609000011' },
  ...{ amountRial: 50_000, card: '603799******0014', cardHash: 'x', rc: '00' },
}
export const HEAD = { jseq: 7, hash: Buffer.from(GENESIS.hash) }

/** `said`: the words so far. `backup`: what the finished file holds. */
export function problemsOf(image: Image, said: readonly string[], backup: Buffer): string[] {
  return [
    ...terminalProblems(image.get(TERMINAL), said),
    ...markProblems(image.get('mark.json'), said),
    ...checkpointProblems(image.get(CHECKPOINT_FILE), said),
    ...ledgerProblems(image.get(LEDGER), said),
    ...backupProblems(image.get(BACKUP), said, backup),
  ]
}

/** The state that was saved last, or the one that was being saved. */
function terminalProblems(bytes: Buffer | undefined, said: readonly string[]): string[] {
  const saved = said.filter((word) => word.startsWith('stan ')).length
  if (bytes === undefined) return saved === 0 ? [] : ['the state of the terminal is gone']
  const stan = stanOf(bytes)
  const allowed = [STANS[saved - 1], STANS[saved]]
  return stan !== undefined && allowed.includes(stan)
    ? []
    : [`the terminal has STAN ${stan ?? 'unreadable'} after ${saved} saves`]
}

function stanOf(bytes: Buffer): number | undefined {
  try {
    return (JSON.parse(bytes.toString()) as TerminalState).nextStan
  } catch {
    return undefined
  }
}

/**
 * Whole wherever it is there, and there from the moment that it was said to be. A switch that runs
 * has no mark any more that says it stopped.
 */
function markProblems(bytes: Buffer | undefined, said: readonly string[]): string[] {
  if (!isObject(bytes, said.includes('mark'))) return ['the mark is not whole']
  if (!said.includes('running')) return []
  return bytes?.toString().includes('"final":false') === true ? [] : ['the mark is still final']
}

function checkpointProblems(bytes: Buffer | undefined, said: readonly string[]): string[] {
  return isObject(bytes, said.includes('checkpoint')) ? [] : ['the checkpoint is not whole']
}

function isObject(bytes: Buffer | undefined, isSaid: boolean): boolean {
  if (bytes === undefined) return !isSaid
  try {
    return typeof JSON.parse(bytes.toString()) === 'object'
  } catch {
    return false
  }
}

/** What a card host that syncs has answered is on its lines, in order; behind them is whatever. */
function ledgerProblems(bytes: Buffer | undefined, said: readonly string[]): string[] {
  const answered = said.filter((word) => word.startsWith('debit ')).length
  const lines = (bytes?.toString() ?? '').split('\n').slice(0, answered)
  const stans = lines.map((line) => Number(parseEntry(line)?.stan))
  return stans.length === answered && stans.every((stan, at) => stan === STANS[at])
    ? []
    : [`the ledger has STANs ${stans} after ${answered} answers`]
}

/** Under its name it is whole. */
function backupProblems(
  bytes: Buffer | undefined,
  said: readonly string[],
  backup: Buffer,
): string[] {
  if (bytes === undefined) return said.includes('backup') ? ['the backup is gone'] : []
  return bytes.equals(backup) ? [] : ['the backup is not whole']
}
