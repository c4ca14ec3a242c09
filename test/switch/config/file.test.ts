// A file that is not YAML, or not a list of settings, is refused with the line of the fault.

import { describe } from 'vitest'
import { added, itNames, type Mistake } from './given-yaml.ts'

const MISTAKES: Mistake[] = [
  [
    'a key given twice',
    added('listeners: []\n'),
    '',
    'not YAML: Map keys must be unique',
    'evs.yaml:10',
  ],
  ['a tab as indentation', added('log:\n\tlevel: info\n'), '', 'not YAML: ', 'evs.yaml:11'],
  ['a list instead of settings', '- a\n- b\n', '', 'not a list of settings', 'evs.yaml:1'],
  ['an alias of nothing', added('log: *nowhere\n'), '', 'not YAML: Unresolved alias', 'evs.yaml:1'],
  [
    'aliases that stand for more than a file may hold',
    added(`a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]\n`),
    '',
    'not YAML: Excessive alias count',
    'evs.yaml:1',
  ],
]

describe('files that cannot be read as settings', () => itNames(MISTAKES))
