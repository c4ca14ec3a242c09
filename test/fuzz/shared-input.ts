// Where the thread of a slice keeps the input that runs, for the main thread to read: the number of
// inputs begun, the length of the present one, its bytes.

export const SHARED_HEAD_BYTES = 8

export function watcher(shared: SharedArrayBuffer): (input: Buffer) => void {
  const head = new Uint32Array(shared, 0, 2)
  const place = new Uint8Array(shared, SHARED_HEAD_BYTES)
  return (input) => {
    head[0] = (head[0] ?? 0) + 1
    head[1] = input.length
    place.set(input)
  }
}
