// Examples of what the admin API answers about keys; a part of those in examples.ts, which a test
// holds against their schemas. Holds no key that is used anywhere.

export const KEY_EXAMPLES = {
  masterKey: {
    owner: 'terminal/1',
    whose: 'terminal 10000001 of merchant 000000000100001',
    scheme: 'aes',
    checkValue: '9F3A11',
    serialNumber: 'PX7-0099812',
    created: '2026-07-01T08:00:00.000Z',
    active: 3,
    pending: null,
  },
  keyRow: {
    owner: 'terminal/1',
    whose: 'terminal 10000001 of merchant 000000000100001',
    scheme: 'aes',
    checkValue: '9F3A11',
    serialNumber: 'PX7-0099812',
    created: '2026-07-01T08:00:00.000Z',
    active: 3,
    pending: null,
    masterKey: 'in force',
    sessionKeys: 'in force',
  },
  issuedKey: {
    owner: 'terminal/1',
    scheme: 'aes',
    checkValue: '9F3A11',
    created: '2026-07-01T08:00:00.000Z',
    parts: [
      { part: '0123456789ABCDEFFEDCBA9876543210', checkValue: '0A0B0C' },
      { part: '1123456789ABCDEFFEDCBA9876543210', checkValue: '1A0B0C' },
      { part: '2123456789ABCDEFFEDCBA9876543210', checkValue: '2A0B0C' },
    ],
  },
} as const
