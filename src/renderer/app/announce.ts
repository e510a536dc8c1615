import type { ApprovalRequest } from '../../contract/index.ts';
import { headline } from '../parts/effects.ts';
import { useUi } from './ui-store.ts';

const ended: Record<Exclude<ApprovalRequest['state'], 'pending'>, string> = {
  approved: 'approved',
  denied: 'denied',
  expired: 'expired and was denied',
  withdrawn: 'was withdrawn by its client',
  cancelled: 'was cancelled by its client',
  skipped: 'was skipped',
};

/** Tells screen readers of a request: at once when it is new, and how it ended. */
export function announceRequest(request: ApprovalRequest): void {
  const what = `${headline(request.effects)} on ${request.connection}`;
  const { tellNow } = useUi.getState();
  if (request.state === 'pending') tellNow(`New approval request from ${request.agent}: ${what}`);
  else tellNow(`Request of ${request.agent} ${ended[request.state]}: ${what}`);
}
