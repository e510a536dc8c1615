import type { ConnectionConfig } from '../contract/index.ts';
import type { Identity } from './identity/types.ts';
import { askedColumns } from './masking/net/asked-columns.ts';
import type { Findings } from './masking/net/findings.ts';
import { netRules } from './masking/net/net-rules.ts';
import { policyOf } from './policy/index.ts';
import type { JudgeContext } from './session/judged.ts';
import type { CurrentSettings } from './settings/current-settings.ts';
import type { Parser } from './sql/parser.ts';
import type { GatewayOptions } from './types.ts';

/** What the gate gives to the judgement of a statement; the session adds what it knows itself. */
export type JudgedWith = Pick<JudgeContext, 'parser' | 'policy' | 'environment' | 'groups' | 'scope' | 'now' | 'asked'>;

export interface JudgingOptions {
  readonly parser: Parser;
  readonly settings: CurrentSettings;
  readonly findings: Findings;
  readonly policyOf: GatewayOptions['policyOf'];
}

/** Says what a statement of an identity is judged with at this moment, on a connection that it was opened on. */
export function createJudging(options: JudgingOptions): (at: ConnectionConfig, identity: Identity) => JudgedWith {
  const { parser, settings, findings } = options;
  const policyFor = options.policyOf ?? policyOf;
  return (at, identity) => {
    const current = settings.latest(at);
    const { environment } = current;
    const now = Date.now();
    const { scope, groups } = settings.rights(identity, at.name, now);
    const asked = askedColumns(findings.found(at.name), netRules(current.detectors), current.maskRules);
    return { parser, policy: policyFor(current), environment, scope, groups, now, asked };
  };
}
