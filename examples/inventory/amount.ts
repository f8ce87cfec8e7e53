/**
 * Amounts in fixed point. Outside they are decimal text (`"12.5"`), inside whole numbers of the
 * smallest part of their good (`12500n` of a good with 3 decimals). Nothing is ever rounded: text
 * with more decimals than the good has is refused.
 */
import { z } from 'zod';
import { refuse } from './refusal.ts';

/** Decimal text without sign, exponent or leading zeros. */
export const amountText: z.ZodString = z.string().regex(/^(?:0|[1-9]\d{0,29})(?:\.\d{1,18})?$/, {
  message: 'an amount is decimal text such as "12.5"',
});

/** The amount in smallest parts; refuses zero, and more decimals than there are. */
export function partsOf(text: string, decimals: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  if (fraction.length > decimals) {
    throw refuse('invalid_amount', `${text} has more than ${decimals} decimals`, { text });
  }
  const parts = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (parts === 0n) throw refuse('invalid_amount', 'nothing is no amount', { text });
  return parts;
}

/** The way back, without zeros at the end. */
export function textOf(parts: bigint, decimals: number): string {
  const digits = parts.toString().padStart(decimals + 1, '0');
  const at = digits.length - decimals;
  const fraction = digits.slice(at).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, at) : `${digits.slice(0, at)}.${fraction}`;
}
