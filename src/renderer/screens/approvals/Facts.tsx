import type { ReactNode } from 'react';
import type { ApprovalRequest } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { effectLabels } from '../../parts/effects.ts';
import { dateTime, sessionMark } from '../../parts/format.ts';
import { Visible } from '../../parts/Visible.tsx';
import styles from './Facts.module.css';

const transactions = {
  idle: 'none open',
  open: 'open: it commits or rolls back with the rest',
  failed: 'failed: only a rollback is left',
} as const;

/** Who, where, what it touches, and the digest that binds the decision to this statement. */
export function Facts({ request }: { readonly request: ApprovalRequest }) {
  const { effects } = request;
  return (
    <div className={styles.facts}>
      <Group title="What it touches">
        <Fact name="Effects">{effects.kinds.map((kind) => effectLabels[kind]).join(', ') || 'none'}</Fact>
        <Fact name="Writes">
          <Names names={effects.writes} />
        </Fact>
        <Fact name="Reads">
          <Names names={effects.reads} />
        </Fact>
        {effects.functions.length > 0 && (
          <Fact name="Calls">
            <Names names={effects.functions} />
          </Fact>
        )}
        <Fact name="Rule">
          <code>{request.rule.id}</code>
        </Fact>
        <Fact name="Digest">
          <code title={request.digest}>{request.digest.slice(0, 10)}…</code>{' '}
          <CopyButton text={request.digest} label="Copy digest" iconOnly />
        </Fact>
      </Group>
      <Group title="Who">
        <Fact name="Agent">
          <Visible text={request.agent} />
        </Fact>
        <Fact name="Subject">
          <Visible text={request.subject} />
        </Fact>
        <Fact name="Application">
          {request.applicationName === null ? 'not given' : <Visible text={request.applicationName} />}{' '}
          {request.applicationName !== null && <span className={styles.claimed}>claimed</span>}
        </Fact>
        <Fact name="From">
          <code>{request.clientAddress}</code>
        </Fact>
        <Fact name="Session">
          <a title={request.sessionId} href={routeHash({ screen: 'sessions', id: request.sessionId })}>
            {sessionMark(request.sessionId)}, statement {request.statementSeq}
          </a>
        </Fact>
      </Group>
      <Group title="Where">
        <Fact name="Connection">{request.connection}</Fact>
        <Fact name="Database">
          <Visible text={request.database} />
        </Fact>
        <Fact name="Role">
          <Visible text={request.role} />
        </Fact>
        <Fact name="Transaction">{transactions[request.transaction]}</Fact>
        <Fact name="Asked">{dateTime(request.createdAt)}</Fact>
      </Group>
    </div>
  );
}

function Group({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles.group}>
      <h3>{title}</h3>
      <dl>{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Names({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return <span className={styles.none}>nothing</span>;
  return names.map((name) => (
    <code key={name} className={styles.name}>
      <Visible text={name} />
    </code>
  ));
}
