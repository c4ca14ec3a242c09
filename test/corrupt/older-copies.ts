// What no data directory can tell by itself: an older copy together with its own mark is the store
// as it was. It opens. What is promised instead is shown here: the newer mark, kept elsewhere and
// put beside it, refuses it; and an older copy that comes back through `evs restore` is fenced.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeBackup } from '../../voucher-store/backup/backup-file.ts'
import { restoreBackup } from '../../voucher-store/backup/restore.ts'
import { openForReading } from '../../voucher-store/open-database.ts'
import { readMark, writeMark } from '../../voucher-store/outside-mark.ts'
import { KEK, keyOfBackup, NOW } from '../voucher-store/temporary-store.ts'
import { openWhole } from './examine.ts'
import { copyImage, DATABASE, goBack, type Image, type State } from './images.ts'

export interface OlderCopies {
  readonly copies: number
  /** Under their own mark. */
  readonly opened: number
  /** With the newer mark beside them. */
  readonly refused: number
  readonly fenced: number
  readonly violations: readonly string[]
}

export async function bringBackOlderCopies(
  { folder, states }: Image,
  scratch: string,
  most: number,
): Promise<OlderCopies> {
  const newest = readMark(folder)
  if (newest === undefined) throw new Error('the image has no mark')
  const older = states.filter(({ jseq }) => jseq < newest.jseq)
  const step = Math.max(1, Math.floor(older.length / most))
  const chosen = older.filter((_, index) => index % step === 0)
  const told = { opened: 0, refused: 0, fenced: 0 }
  const violations: string[] = []
  for (const state of chosen) {
    const copy = join(scratch, 'older')
    const what = `the copy of record ${state.jseq}`
    const take = () => olderCopy(folder, copy, state)
    take()
    if ((await openWhole(copy)) === undefined) told.opened++
    else violations.push(`${what}, under its own mark, does not open`)
    take()
    writeMark(copy, newest)
    if ((await openWhole(copy)) === 'JOURNAL_BROKEN') told.refused++
    else violations.push(`${what}, under the newer mark, is not refused`)
    take()
    const [onTop, alone] = await restored(copy, folder, scratch)
    if (onTop && alone) told.fenced++
    else violations.push(`${what}, restored, is not fenced`)
  }
  return { copies: chosen.length, ...told, violations }
}

function olderCopy(image: string, copy: string, { logBytes, jseq, hash }: State): void {
  copyImage(image, copy)
  goBack(copy, logBytes)
  writeMark(copy, { epoch: 1, jseq, hash, final: false })
}

/** Fenced: over the newer store, and on a new disk without anything. */
async function restored(copy: string, newer: string, scratch: string): Promise<boolean[]> {
  const backup = join(scratch, 'older.backup')
  rmSync(backup, { force: true })
  const file = join(copy, DATABASE)
  const database = openForReading(file)
  writeBackup(database, { file, target: backup, key: keyOfBackup(database), createdMs: NOW })
  database.close()
  const results: boolean[] = []
  for (const isLost of [false, true]) {
    const directory = join(scratch, 'brought-back')
    rmSync(directory, { recursive: true, force: true })
    if (isLost) mkdirSync(directory)
    else copyImage(newer, directory)
    const result = await restoreBackup({ directory, backup, kek: KEK, by: 'test', atMs: NOW + 1 })
    results.push(
      result.kind === 'restored' && result.gap !== undefined && result.vouchersFenced > 0,
    )
  }
  return results
}
