import type { ComponentType } from 'react';
import type {
  ApprovalRequest,
  ApprovalState,
  Environment,
  RetryState,
  StatementEntry,
  Verdict,
} from '../../contract/index.ts';
import {
  BlockIcon,
  CheckCircleIcon,
  ClockIcon,
  DatabaseIcon,
  EndIcon,
  HandIcon,
  type IconProps,
  MaskIcon,
  UnplugIcon,
  WarningIcon,
} from '../theme/icons.tsx';
import styles from './Chips.module.css';
import { cx } from './cx.ts';

export type Tone = 'allow' | 'ask' | 'block' | 'end' | 'mask' | 'neutral';

interface ChipProps {
  readonly tone: Tone;
  readonly icon?: ComponentType<IconProps>;
  readonly label: string;
  readonly title?: string;
}

/** A word with a colour and a shape; the colour never speaks alone. */
export function Chip({ tone, icon: Icon, label, title }: ChipProps) {
  return (
    <span className={cx(styles.chip, styles[tone])} title={title}>
      {Icon && <Icon size={12} />}
      {label}
    </span>
  );
}

const verdicts: Record<Verdict, ChipProps> = {
  allow: { tone: 'allow', icon: CheckCircleIcon, label: 'Allow' },
  ask: { tone: 'ask', icon: HandIcon, label: 'Ask' },
  block: { tone: 'block', icon: BlockIcon, label: 'Block' },
  terminate: { tone: 'end', icon: EndIcon, label: 'Terminate' },
};

export function VerdictChip({ verdict }: { readonly verdict: Verdict }) {
  return <Chip {...verdicts[verdict]} />;
}

const environments: Record<Environment, ChipProps> = {
  production: { tone: 'block', icon: WarningIcon, label: 'Production' },
  staging: { tone: 'ask', icon: DatabaseIcon, label: 'Staging' },
  local: { tone: 'neutral', icon: DatabaseIcon, label: 'Local' },
};

export function EnvironmentChip({ environment }: { readonly environment: Environment }) {
  return <Chip {...environments[environment]} />;
}

const approvals: Record<ApprovalState, ChipProps> = {
  pending: { tone: 'ask', icon: HandIcon, label: 'Waiting' },
  approved: { tone: 'allow', icon: CheckCircleIcon, label: 'Approved' },
  denied: { tone: 'block', icon: BlockIcon, label: 'Denied' },
  expired: { tone: 'block', icon: ClockIcon, label: 'Expired' },
  withdrawn: { tone: 'neutral', icon: UnplugIcon, label: 'Withdrawn' },
  cancelled: { tone: 'neutral', icon: EndIcon, label: 'Cancelled' },
  skipped: { tone: 'neutral', icon: EndIcon, label: 'Skipped' },
};

export function ApprovalChip({ state }: { readonly state: ApprovalState }) {
  return <Chip {...approvals[state]} />;
}

const retries: Record<RetryState, ChipProps> = {
  offered: { tone: 'ask', icon: UnplugIcon, label: 'Given up' },
  ticket: { tone: 'allow', icon: ClockIcon, label: 'Ticket' },
  redeemed: { tone: 'allow', icon: CheckCircleIcon, label: 'Ran on ticket' },
  denied: { tone: 'block', icon: BlockIcon, label: 'Denied' },
  expired: { tone: 'neutral', icon: ClockIcon, label: 'Given up' },
  withdrawn: { tone: 'neutral', icon: EndIcon, label: 'Ticket withdrawn' },
  replaced: { tone: 'neutral', icon: UnplugIcon, label: 'Asked again' },
};

/** How far a request is: its second life, once its agent gave up, says more than how its hold ended. */
export function RequestChip({ request }: { readonly request: ApprovalRequest }) {
  return <Chip {...(request.retry === null ? approvals[request.state] : retries[request.retry.state])} />;
}

/** What became of a statement, in one word: how a hold ended, else the refusal, else the masking, else the verdict. */
export function statementChip(statement: StatementEntry): ChipProps {
  const { decision, outcome, verdict } = statement;
  if (decision) return approvals[decision.state];
  if (verdict === 'ask') return approvals.pending;
  if (verdict === 'block') return { tone: 'block', icon: BlockIcon, label: 'Blocked' };
  if (verdict === 'terminate') return { tone: 'end', icon: EndIcon, label: 'Terminated' };
  if (outcome?.status === 'error') return { tone: 'block', icon: WarningIcon, label: 'Error' };
  if (outcome?.status === 'refused') return { tone: 'block', icon: BlockIcon, label: 'Refused' };
  if (outcome && outcome.maskedColumns.length > 0) return { tone: 'mask', icon: MaskIcon, label: 'Masked' };
  return { tone: 'allow', icon: CheckCircleIcon, label: 'Allowed' };
}
