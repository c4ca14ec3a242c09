// Damage to backups: a restore takes none of it, and says so with a code. What was there before a
// refused restore is still there.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBackup } from '../../voucher-store/backup/backup-file.ts'
import { restoreBackup } from '../../voucher-store/backup/restore.ts'
import { Seeded } from '../simulation/seeded.ts'
import { KEK, keyOfBackup, NOW } from '../voucher-store/temporary-store.ts'
import { filledStore } from './filled-store.ts'
import { cutTail, flipBit } from './mutations.ts'

export interface BackupsResult {
  readonly damaged: number
  readonly refused: number
  readonly violations: readonly string[]
}

export async function damageBackups(count: number, seed: number): Promise<BackupsResult> {
  const store = await filledStore()
  const scratch = mkdtempSync(join(tmpdir(), 'evs-backups-'))
  const violations: string[] = []
  try {
    const sound = join(scratch, 'sound.backup')
    const { file, database } = store
    writeBackup(database, { file, target: sound, key: keyOfBackup(database), createdMs: NOW })
    const whole = await restored(scratch, sound)
    if (whole !== 'restored') throw new Error(`a sound backup is ${whole}`)
    for (let at = 0; at < count; at++) {
      const random = new Seeded(seed + at)
      const backup = join(scratch, 'damaged.backup')
      copyFileSync(sound, backup)
      const what = random.chance(0.7) ? flipBit(backup, random) : cutTail(backup, random)
      const result = await restored(scratch, backup)
      if (!/^(BACKUP_INVALID|KEK_WRONG)$/.test(result)) {
        violations.push(`seed ${seed + at}: backup, ${what}: ${result}`)
      }
    }
  } finally {
    store.close()
    rmSync(scratch, { recursive: true, force: true })
  }
  return { damaged: count, refused: count - violations.length, violations }
}

/** `restored`, or the code of the refusal. */
async function restored(scratch: string, backup: string): Promise<string> {
  const directory = join(scratch, 'restored')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  try {
    const result = await restoreBackup({ directory, backup, kek: KEK, by: 'test', atMs: NOW + 1 })
    if (result.kind === 'restored') return 'restored'
    const left = existsSync(join(directory, 'evs.db'))
    return left ? 'a database although it was refused' : result.code
  } catch (error) {
    return `untyped: ${(error as Error).message}`
  }
}
