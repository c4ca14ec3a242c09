// What a card brings beside its number: track 2, PIN block, chip data.

import { describe, expect, it } from 'vitest'
import { CardPin, ChipData, PinBlock, Track2 } from '../../../protocol/values/card.ts'
import { isReason } from '../../../protocol/values/reason.ts'

function panOf(text: string): string {
  const track = Track2.parse(text)
  if (isReason(track)) return track.reason
  const pan = track.pan()
  return isReason(pan) ? pan.reason : pan.reveal()
}

describe('track 2', () => {
  it.each([
    ['6037990000000014=29121010000000000000', '6037990000000014'],
    ['6273530000000029=2912', '6273530000000029'],
    ['6273530000000029=', '6273530000000029'],
    ['6037990000000000014=29121010000000000', '6037990000000000014'],
  ])('%s begins with a card number', (text, digits) => {
    const pan = panOf(text)
    if (digits.length === 19) expect(pan).toContain('check digit')
    else expect(pan).toBe(digits)
  })

  it.each([
    ['6037990000000014'],
    ['=29121010000000000000'],
    ['60379900000=2912'],
    ['60379900000000000014=2912'],
    ['6037990000000014D29121010000000000000'],
    ['6037990000000014=2912=1'],
    ['6037990000000014=291210100000000000000'],
    ['6037990000000014=29 2'],
    [''],
  ])('is not read from %j', (text) => {
    expect(isReason(Track2.parse(text))).toBe(true)
  })

  it('with a wrong check digit is a track, whose card number is not one', () => {
    expect(panOf('6037990000000015=2912')).toContain('check digit')
  })
})

describe('PIN block and chip data', () => {
  it('keep their hex, and give it only when asked by name', () => {
    const block = new PinBlock('8C4421B42970E0AF')
    const chip = new ChipData('9F2608A1B2C3D4E5F607')
    expect([block.reveal(), chip.reveal()]).toEqual(['8C4421B42970E0AF', '9F2608A1B2C3D4E5F607'])
    expect([`${block}`, `${chip}`]).toEqual(['***', '***'])
  })
})

describe('the PIN of a card', () => {
  it.each(['1234', '123456789012'])('of 4 to 12 digits is read and prints masked', (text) => {
    const cardPin = CardPin.parse(text)
    expect(isReason(cardPin) ? '' : cardPin.reveal()).toBe(text)
    expect(`${cardPin}`).toBe('***')
  })

  it.each(['', '123', '1234567890123', '12 34', '123x', '۱۲۳۴'])('is not %j', (text) => {
    expect(isReason(CardPin.parse(text))).toBe(true)
  })
})
