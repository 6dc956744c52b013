import { z } from 'zod';

export const seconds = z.coerce.number().int().min(1);
export const origin = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
export const list = z
  .string()
  .transform((text) => text.split(',').map((member) => member.trim()))
  .transform((members) => members.filter((member) => member !== ''));

/** A variable that is wrong, and why, without its value. */
export type ConfigFault = { readonly variable: string; readonly message: string };
