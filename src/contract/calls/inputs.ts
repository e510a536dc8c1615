import { z } from 'zod';
import { identifier } from '../common.ts';
import { maskRule } from '../masking.ts';

/** What a call takes or gives that needs no words. */
export const nothing = z.object({});

/** The connection that a call is about. */
export const connectionName = z.object({ connection: identifier });

/** Mask rules that are looked at, saved or not. */
export const maskRules = z.array(maskRule).max(2000);
