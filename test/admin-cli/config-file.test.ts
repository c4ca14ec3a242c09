// Which configuration a command means, from flags, environment and working folder.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { configFile } from '../../admin-cli/config-file.ts'

const world = { cwd: '/work', env: {} }

it('is --config before --dir before EVS_CONFIG before ./evs.yaml', () => {
  const told = { cwd: '/work', env: { EVS_CONFIG: '/etc/evs.yaml' } }
  expect(configFile(told, { config: 'a.yaml' })).toBe('/work/a.yaml')
  expect(configFile(told, { dir: 'shop' })).toBe('/work/shop/evs.yaml')
  expect(configFile(told, {})).toBe('/etc/evs.yaml')
  expect(configFile({ cwd: '/work', env: { EVS_CONFIG: '' } }, {})).toBe('/work/evs.yaml')
})

it('takes a folder for --config, and refuses --config with --dir', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evs-config-'))
  expect(configFile(world, { config: folder })).toBe(join(folder, 'evs.yaml'))
  rmSync(folder, { recursive: true })
  expect(() => configFile(world, { config: 'a', dir: 'b' })).toThrow('give one of them')
})
