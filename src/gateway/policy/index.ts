import type { PolicyPreset } from '../../contract/index.ts';
import { createPolicy } from './judge.ts';
import { observe } from './presets/observe.ts';
import { production } from './presets/production.ts';
import { readOnly } from './presets/read-only.ts';
import { staging } from './presets/staging.ts';
import type { Policy } from './types.ts';

/** The presets that a connection may choose. */
export const policies: Readonly<Record<PolicyPreset, Policy>> = {
  production: createPolicy(production),
  staging: createPolicy(staging),
  'read-only': createPolicy(readOnly),
  observe: createPolicy(observe),
};
