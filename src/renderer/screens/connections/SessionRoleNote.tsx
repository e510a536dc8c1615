import { type ConnectionView, tooMighty } from '../../../contract/index.ts';
import { InfoNote } from '../../parts/Notes.tsx';
import styles from './Panel.module.css';

/** As whom sessions of a connection run, and what that is worth, plainly. */
export function SessionRoleNote({ view: { config, account } }: { readonly view: ConnectionView }) {
  const might = account === null ? null : tooMighty(account);
  const justInTime = config.sessionRole.kind === 'just_in_time';
  const cannotCreate = justInTime && account !== null && !account.superuser && !account.createRole;
  return (
    <>
      <p className={styles.role}>{roleWords(config)}</p>
      {account !== null && might !== null && (
        <InfoNote tone="ask">
          <strong>
            {account.role} {might}.
          </strong>{' '}
          {justInTime
            ? 'Sessions do not run as it, but Postern holds its password: give Postern a login that can do no more than make roles and grant.'
            : 'A proxy alone cannot make such a login safe: a function or an extension can do what no parser sees. Use one that can do no more than the agent may.'}
        </InfoNote>
      )}
      {cannotCreate && (
        <InfoNote tone="error">
          <strong>{account.role} may not create roles</strong>, so no session can begin. Give it CREATEROLE, or let
          sessions log in as the user of the connection.
        </InfoNote>
      )}
    </>
  );
}

function roleWords({ sessionRole, upstream, anyUser }: ConnectionView['config']): string {
  if (anyUser) return 'Each session logs in as the user that the agent names.';
  if (sessionRole.kind === 'configured') {
    return `All sessions log in as ${upstream.user}: the database’s log cannot tell agents apart.`;
  }
  if (sessionRole.kind === 'set_role') {
    return `All sessions log in as ${upstream.user} and become ${sessionRole.role} at once: nothing that they send undoes it, but the database would let them.`;
  }
  const { schemas, memberOf, fence, statementTimeoutSeconds, lockTimeoutSeconds } = sessionRole;
  const everywhere = schemas.length === 1 && schemas[0] === '*';
  const limits = [
    everywhere ? 'rights on what the user may grant' : `rights in the schemas ${schemas.join(', ')}`,
    ...(fence === 'masked' ? ['no right to any masked column'] : []),
    ...(memberOf.length === 0 ? [] : [`membership in ${memberOf.join(', ')}`]),
    ...(statementTimeoutSeconds === undefined ? [] : [`${statementTimeoutSeconds} s for a statement`]),
    ...(lockTimeoutSeconds === undefined ? [] : [`${lockTimeoutSeconds} s for a lock`]),
  ];
  return `Each session logs in as a role of its own, with ${limits.join(', ')}: the database’s log names the session.`;
}
