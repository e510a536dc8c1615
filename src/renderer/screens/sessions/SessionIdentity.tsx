import type { SessionSummary } from '../../../contract/index.ts';
import { dateTime } from '../../parts/format.ts';
import { Visible } from '../../parts/Visible.tsx';

/** Who a session is and as whom it ran on the server: parts of a line of facts. */
export function SessionIdentity({ summary }: { readonly summary: SessionSummary }) {
  const { role, sessionRole, subject, groups, token, live } = summary;
  return (
    <>
      as <Visible text={sessionRole ?? role} />
      {sessionRole !== null && ', a role of its own'} · subject <Visible text={subject} />
      {groups.length > 0 && (
        <>
          {' '}
          · groups <Visible text={groups.join(', ')} />
        </>
      )}
      {token !== null && (
        <>
          {' '}
          · token of <Visible text={token.issuer} />, {live ? 'which ends the session at' : 'good until'}{' '}
          {dateTime(token.expiresAt)}
        </>
      )}
    </>
  );
}
