// Recording of terminal traffic, where the configuration asks for it: the recorder, its files, and
// the key under which cards get their names. The key is made for one recording, is written nowhere
// and is gone with it, so that no name can be traced to a card.

import { createHmac, randomBytes } from 'node:crypto'
import type { Timers } from '../protocol/link/timers.ts'
import { Recorder } from '../terminal-gateway/recorder.ts'
import type { Config } from './config/schema.ts'
import type { Notice } from './core/notice.ts'
import { RecordingFile } from './recording-file.ts'

export interface Recording {
  readonly recorder: Recorder
  stop(): Promise<void>
}

const KEY_BYTES = 32
/** 48 bits: two of a million cards have one name once in five hundred recordings. */
const NAME_CHARACTERS = 12

export function openRecording(
  { recording, limits }: Pick<Config, 'recording' | 'limits'>,
  ports: { readonly timers: Timers; readonly notice: (notice: Notice) => void },
): Recording | undefined {
  if (recording === undefined) return undefined
  const key = randomBytes(KEY_BYTES)
  const file = new RecordingFile({
    ...{ ...ports, folder: recording.folder, limits },
    ended: () => void key.fill(0),
  })
  const nameCard = (digits: string): string =>
    createHmac('sha256', key).update(digits).digest('hex').slice(0, NAME_CHARACTERS)
  const recorder = new Recorder({ timers: ports.timers, sink: file, nameCard })
  return { recorder, stop: () => file.stop() }
}
