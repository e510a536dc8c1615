import type { Judgement, Policy, PolicyInput } from './types.ts';

const identity = new Set(['role', 'session_authorization']);

/**
 * A policy for sessions whose rights hang on the SET ROLE that they began with: nothing may undo it, whatever the policy's
 * own rules allow, `observe` included. RESET ROLE, SET SESSION AUTHORIZATION DEFAULT and DISCARD ALL lead back to the same
 * role, because it was given at the start of the session (measured on PostgreSQL 15 and 18), and pass. A change by a name
 * that is not seen (set_config with a computed name) is refused as well.
 */
export function keepingRole(policy: Policy, role: string): Policy {
  return { ...policy, judge: (input) => refused(input, role) ?? policy.judge(input) };
}

function refused(input: PolicyInput, role: string): Judgement | null {
  if (input.protocol === 'function_call') return blocked(role, 'A FunctionCall message may be set_config.');
  if (input.understanding.status !== 'understood') return null;
  for (const { effects } of input.understanding.statements) {
    for (const { name, source } of effects.settingChanges ?? []) {
      if (source !== 'default' && identity.has(name)) return blocked(role, `It would change the setting ${name}.`);
      if (source !== 'default' && name === '*') return blocked(role, 'It changes a setting that is not seen.');
    }
  }
  return null;
}

const blocked = (role: string, why: string): Judgement => ({
  verdict: 'block',
  rule: {
    id: 'keeps-role',
    title: 'Would leave the role that the session runs as',
    reason: `This session runs as ${role} and has to stay so. ${why}`,
    hint: 'Leave the role as it is. RESET ROLE and DISCARD ALL are taken: they lead back to it.',
  },
});
