// Lists that come in pages: a list whose first page cannot be had prints the failure alone, so that
// what a program reads is one JSON value either way.

import { describe, expect, it } from 'vitest'
import { EvsError } from '../../admin-api/errors.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

const refuse = () => Promise.reject(new EvsError('NOT_FOUND', { message: 'no such day' }))
const refusing = { operations: { sales: refuse, terminals: refuse, merchants: refuse } }

describe('a list whose first page is refused', () => {
  it.each(['sale', 'terminal', 'merchant'])('prints the failure of %s alone', async (noun) => {
    const { exitCode, stdout } = await evs([noun, 'list', '--json'], refusing)
    expect(exitCode).not.toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })
})

describe('a list', () => {
  it('is one JSON value, with pages in which nothing was found', async () => {
    const { terminal } = EXAMPLES
    const pages = [[], [terminal], [], [terminal]]
    const terminals = async () => {
      const found = pages.shift() ?? []
      return { terminals: found, after: pages.length > 0 ? 4 - pages.length : null }
    }
    const { stdout } = await evs(['terminal', 'list', '--json'], { operations: { terminals } })
    expect(JSON.parse(stdout)).toHaveLength(2)
  })

  it('says once where it ended, after all of its pages', async () => {
    const { terminal } = EXAMPLES
    const terminals = async ({
      after = 0,
      limit,
    }: {
      after?: number | undefined
      limit: number
    }) => {
      return { terminals: Array.from({ length: limit }, () => terminal), after: after + limit }
    }
    const words = ['terminal', 'list', '--limit', '2200']
    const { exitCode, stderr } = await evs(words, { operations: { terminals } })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'more: --after 2200\n' })
  })

  it('of nothing is an empty one', async () => {
    const operations = {
      terminals: async () => ({ terminals: [], after: null }),
      sales: async () => ({ sales: [], before: null }),
    }
    const rows = await evs(['terminal', 'list', '--json'], { operations })
    expect(JSON.parse(rows.stdout)).toEqual([])
    const sales = await evs(['sale', 'list', '--json'], { operations })
    expect(JSON.parse(sales.stdout)).toEqual({ sales: [], before: null })
  })
})
