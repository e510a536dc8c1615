import { type Effects, type FunctionReference, qualifiedName } from '../sql/effects.ts';
import { isSafeCall } from './functions.ts';
import type { Judgement, Policy, PolicyInput } from './types.ts';

const identity = new Set(['role', 'session_authorization']);

/**
 * A policy for sessions whose rights hang on the SET ROLE that they began with: nothing may undo it, whatever the policy's
 * own rules allow, `observe` included. RESET ROLE, SET SESSION AUTHORIZATION DEFAULT and DISCARD ALL lead back to the same
 * role, because it was given at the start of the session (measured on PostgreSQL 15 and 18), and pass. What cannot be seen
 * through could undo it as well and is refused: a change by a name that is not seen (set_config with a computed name), text
 * that is not understood, DO blocks and functions with dynamic SQL, functions in other languages.
 */
export function keepingRole(policy: Policy, role: string): Policy {
  return { ...policy, judge: (input) => refused(input, role) ?? policy.judge(input) };
}

function refused(input: PolicyInput, role: string): Judgement | null {
  if (input.protocol === 'function_call') return blocked(role, 'A FunctionCall message may be set_config.');
  if (input.understanding.status !== 'understood') {
    return blocked(role, `What the text does cannot be told: ${input.understanding.reason}`);
  }
  for (const { effects } of input.understanding.statements) {
    const why = whyItMayLeave(effects);
    if (why !== null) return blocked(role, why);
  }
  return null;
}

function whyItMayLeave({ settingChanges = [], functions, understood }: Effects): string | null {
  for (const { name, source } of settingChanges) {
    if (source !== 'default' && identity.has(name)) return `It would change the setting ${name}.`;
    if (source !== 'default' && name === '*') return 'It changes a setting that is not seen.';
  }
  if (!understood) return 'It runs SQL that is not seen.';
  const opaque = functions.find(mayRunAnything);
  return opaque === undefined ? null : `What ${qualifiedName(opaque)}() runs is not seen.`;
}

/** Functions of the server that run SQL, or definitions of views, that they are handed by name or as text. */
const RUNS_SQL = /^(query|cursor|table|schema|database)_to_xml|^ts_(stat|rewrite)$/;

function mayRunAnything(called: FunctionReference): boolean {
  if (isSafeCall(called) || called.keepsRole === true) return false;
  // No function of users goes by the name of those without a schema: the catalog would have it.
  const builtIn = called.schema === null || called.schema === 'pg_catalog';
  return !builtIn || RUNS_SQL.test(called.name);
}

const blocked = (role: string, why: string): Judgement => ({
  verdict: 'block',
  rule: {
    id: 'keeps-role',
    title: 'Would leave the role that the session runs as',
    reason: `This session runs as ${role} and has to stay so. ${why}`,
    hint: 'Leave the role as it is, and send what a DO block or a function would run as statements of their own. RESET ROLE and DISCARD ALL are taken: they lead back to it.',
  },
});
