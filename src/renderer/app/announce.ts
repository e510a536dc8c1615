import type { ApprovalRequest, RetryState } from '../../contract/index.ts';
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

const retried: Record<RetryState, string> = {
  offered: 'was given up; you can still decide for its retry',
  ticket: 'has a ticket for its retry',
  redeemed: 'ran on its ticket',
  denied: 'was denied for its retry',
  expired: 'can no longer be decided or retried',
  withdrawn: 'has no ticket any more',
  replaced: 'is asked again',
};

/** Tells screen readers of a request: at once when it is new, and how it ended. */
export function announceRequest(request: ApprovalRequest): void {
  const what = `${headline(request.effects)} on ${request.connection}`;
  const { tellNow } = useUi.getState();
  if (request.state === 'pending') {
    const again = request.attempt > 1 ? ` (try ${request.attempt})` : '';
    tellNow(`New approval request from ${request.agent}${again}: ${what}`);
  } else if (request.retry === null) tellNow(`Request of ${request.agent} ${ended[request.state]}: ${what}`);
  // The request that replaces it is announced in the same moment.
  else if (request.retry.state !== 'replaced')
    tellNow(`Request of ${request.agent} ${retried[request.retry.state]}: ${what}`);
}
