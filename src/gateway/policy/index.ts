import type { ConnectionConfig, PolicyPreset } from '../../contract/index.ts';
import { createPolicy, type PresetDefinition } from './judge.ts';
import { keepingRole } from './keeps-role.ts';
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

type PolicyConfig = Pick<ConnectionConfig, 'policy' | 'policyRules'> & Partial<Pick<ConnectionConfig, 'sessionRole'>>;

const compiled = new WeakMap<PolicyConfig, Policy>();

/** The policy of a connection: its own rules, then its preset; none of them undoes a SET ROLE that its sessions hang on. Compiled once for each state of its configuration. */
export function policyOf(config: PolicyConfig): Policy {
  const known = compiled.get(config);
  if (known !== undefined) return known;
  const own =
    config.policyRules.length === 0
      ? policies[config.policy]
      : createPolicy(presets[config.policy], config.policyRules);
  const policy = config.sessionRole?.kind === 'set_role' ? keepingRole(own, config.sessionRole.role) : own;
  compiled.set(config, policy);
  return policy;
}
