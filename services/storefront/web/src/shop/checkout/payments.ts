/** Means of payment of the built-in provider: tokens that say what it shall do, as its users test with. */
export const PAYMENTS = [
  { id: 'ok', token: 'tok_visa' },
  { id: 'declined', token: 'tok_declined' },
  { id: 'capture', token: 'tok_capture_declined' },
  { id: 'refund', token: 'tok_refund_declined' },
] as const;

export type PaymentId = (typeof PAYMENTS)[number]['id'];

export function tokenOf(id: PaymentId): string {
  return PAYMENTS.find((payment) => payment.id === id)?.token ?? PAYMENTS[0].token;
}
