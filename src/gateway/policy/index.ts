import type { ConnectionConfig, PolicyPreset } from '../../contract/index.ts';
import { createPolicy, type PresetDefinition } from './judge.ts';
import { observe } from './presets/observe.ts';
import { production } from './presets/production.ts';
import { readOnly } from './presets/read-only.ts';
import { staging } from './presets/staging.ts';
import type { Policy } from './types.ts';

const presets: Readonly<Record<PolicyPreset, PresetDefinition>> = {
  production,
  staging,
  'read-only': readOnly,
  observe,
};

/** The presets alone, as the desk lists them. */
export const policies: Readonly<Record<PolicyPreset, Policy>> = {
  production: createPolicy(production),
  staging: createPolicy(staging),
  'read-only': createPolicy(readOnly),
  observe: createPolicy(observe),
};

type PolicyConfig = Pick<ConnectionConfig, 'policy' | 'policyRules'>;

const compiled = new WeakMap<PolicyConfig, Policy>();

/** The policy of a connection: its own rules, then its preset. Compiled once for each state of its configuration. */
export function policyOf(config: PolicyConfig): Policy {
  const known = compiled.get(config);
  if (known !== undefined) return known;
  const policy =
    config.policyRules.length === 0
      ? policies[config.policy]
      : createPolicy(presets[config.policy], config.policyRules);
  compiled.set(config, policy);
  return policy;
}
