// A file named on the command line, or standard input for `-`, as bytes. A file that cannot be read
// is told before anything is sent.

import { type FileHandle, open } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { EvsError } from '../admin-api/errors.ts'
import type { World } from './world.ts'

export interface InputFile {
  readonly name: string
  /** Unknown for standard input. */
  readonly bytes: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

export async function inputFile(world: World, path: string): Promise<InputFile> {
  if (path === '-') return { name: 'standard input', bytes: undefined, chunks: world.stdin }
  try {
    const handle = await open(resolve(world.cwd, path))
    const stat = await handle.stat()
    if (stat.isDirectory()) {
      await handle.close()
      throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
    }
    const bytes = stat.isFile() ? stat.size : undefined
    return { name: basename(path), bytes, chunks: chunksOf(handle) }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new EvsError('USAGE', {
      message: `${path} cannot be read (${reason})`,
      hint: 'name a file that you may read, or - for standard input',
    })
  }
}

async function* chunksOf(handle: FileHandle): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      yield chunk as Uint8Array
    }
  } finally {
    await handle.close()
  }
}
