import type { RightsVerdict } from '../../core/rights/signal.ts';

/** What `TDM-Reservation` says (TDMRep): any other value than 0 and 1 is an error, and says nothing. */
export function tdmReservation(text: string): RightsVerdict {
  const value = text.trim();
  if (value === '1') return 'deny';
  return value === '0' ? 'allow' : 'unknown';
}
