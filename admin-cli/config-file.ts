// Which configuration a command means: --config, or --dir, or EVS_CONFIG, or ./evs.yaml. Whether
// the file is there and what stands in it is not its business.

import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EvsError } from '../admin-api/errors.ts'
import type { World } from './world.ts'

const NAME = 'evs.yaml'

export function configFile(
  world: Pick<World, 'cwd' | 'env'>,
  options: { readonly config?: string; readonly dir?: string },
): string {
  const { config, dir } = options
  if (config !== undefined && dir !== undefined) {
    const message = '--config names a file and --dir its folder: give one of them'
    throw new EvsError('USAGE', { message })
  }
  if (dir !== undefined) return join(resolve(world.cwd, dir), NAME)
  const fromEnvironment = world.env.EVS_CONFIG
  const named = config ?? (fromEnvironment === '' ? undefined : fromEnvironment) ?? NAME
  const path = resolve(world.cwd, named)
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  return isFolder ? join(path, NAME) : path
}
