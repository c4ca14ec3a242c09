// How much room there is on a disk, and how much a store takes: its log belongs to it, and some of
// a disk to its administrator alone.

import { statfsSync } from 'node:fs'
import type Database from 'better-sqlite3'

export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

export function storeBytes(database: Database.Database): number {
  const [pages, size] = ['page_count', 'page_size'].map((name) =>
    Number(database.pragma(name, { simple: true })),
  )
  return (pages ?? 0) * (size ?? 0)
}
