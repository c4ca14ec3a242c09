// A process of the benchmark that has died fails what was asked of it, then and afterwards: the
// stages that need it not go on.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Load } from '../../bench/pinned.ts'

it('rejects every order of a load that ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evs-load-'))
  const module = join(folder, 'load.mjs')
  writeFileSync(module, "process.send({}); process.once('message', () => process.exit(3))\n")
  const load = await Load.start(module)
  await expect(load.ask({ do: 'ports' })).rejects.toThrow('ended with 3')
  await expect(load.ask({ do: 'ports' })).rejects.toThrow('ended with 3')
  rmSync(folder, { recursive: true })
})
