// How the card host misbehaves while the switch is killed or runs for hours: a little of everything
// that happens in practice, and answers that take their time.

export const MISBEHAVIOUR = [
  { probability: 0.05, fault: { kind: 'decline', rc: '51' } },
  { probability: 0.04, fault: { kind: 'act-then-silent' } },
  { probability: 0.02, fault: { kind: 'silent' } },
  { probability: 0.02, fault: { kind: 'act-then-drop' } },
  { probability: 0.02, fault: { kind: 'late', ms: { from: 900, to: 2_500 } } },
  { probability: 0.02, fault: { kind: 'wrong-amount', amountRial: 1_000 } },
  { probability: 0.02, fault: { kind: 'partial', amountRial: 1_000 } },
  { probability: 0.03, fault: { kind: 'duplicate' } },
  { probability: 0.02, fault: { kind: 'bad-frame' } },
  { on: 'reversal', probability: 0.2, fault: { kind: 'silent' } },
  { on: 'purchase', probability: 0.5, fault: { kind: 'late', ms: { from: 1, to: 60 } } },
] as const
