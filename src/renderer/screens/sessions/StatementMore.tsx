import type { ReactNode } from 'react';
import { detectorWords, type StatementEntry } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { ApprovalChip, Chip, VerdictChip } from '../../parts/Chips.tsx';
import { effectLabels } from '../../parts/effects.ts';
import { dateTime, duration, plural, sessionMark } from '../../parts/format.ts';
import { Sql } from '../../parts/Sql.tsx';
import { Values } from '../../parts/Values.tsx';
import { Visible } from '../../parts/Visible.tsx';
import { MaskIcon } from '../../theme/icons.tsx';
import styles from './StatementMore.module.css';

/** Everything recorded of one statement. */
export function StatementMore({ statement }: { readonly statement: StatementEntry }) {
  const { outcome, decision, effects, rule } = statement;
  return (
    <div className={styles.more}>
      <Sql text={statement.text} />
      <Values values={statement.parameters} />
      <dl className={styles.facts}>
        <Fact name="Verdict">
          <VerdictChip verdict={statement.verdict} /> {rule.title} <code className={styles.id}>{rule.id}</code>
          <p className={styles.reason}>
            <Visible text={rule.reason} />
            {rule.hint !== null && <> {rule.hint}</>}
          </p>
        </Fact>
        {decision && (
          <Fact name="Decision">
            <ApprovalChip state={decision.state} /> {dateTime(decision.at)}
            {decision.by !== null && ` by ${decision.by}`}
            {decision.via !== null && ` (${decision.via})`}
            {decision.retryOf !== undefined && (
              <p className={styles.reason}>
                Decided before it came, for the retry of{' '}
                <a
                  title={decision.retryOf.sessionId}
                  href={routeHash({ screen: 'sessions', id: decision.retryOf.sessionId })}
                >
                  session {sessionMark(decision.retryOf.sessionId)}, statement {decision.retryOf.statement}
                </a>
                , which the agent had given up. Request <code className={styles.id}>{decision.approvalId}</code>
              </p>
            )}
            {decision.sequence !== undefined && (
              <p className={styles.reason}>
                Decided with the whole {decision.sequence.kind} that began with{' '}
                <a
                  title={decision.sequence.sessionId}
                  href={routeHash({ screen: 'sessions', id: decision.sequence.sessionId })}
                >
                  session {sessionMark(decision.sequence.sessionId)}, statement {decision.sequence.statement}
                </a>
                . Request <code className={styles.id}>{decision.approvalId}</code>
              </p>
            )}
            {decision.reason && (
              <p className={styles.reason}>
                “<Visible text={decision.reason} />”
              </p>
            )}
          </Fact>
        )}
        <Fact name="Effects">
          {effects.kinds.map((kind) => effectLabels[kind]).join(', ') || 'none'}
          {effects.writes.length > 0 && (
            <>
              {' '}
              · writes <Visible text={effects.writes.join(', ')} />
            </>
          )}
          {effects.reads.length > 0 && (
            <>
              {' '}
              · reads <Visible text={effects.reads.join(', ')} />
            </>
          )}
          {effects.readsOfPolicies !== undefined && (
            <>
              {' '}
              · its policies look at <Visible text={effects.readsOfPolicies.join(', ')} />
            </>
          )}
          {effects.functions.length > 0 && (
            <>
              {' '}
              · calls <Visible text={effects.functions.join(', ')} />
            </>
          )}
        </Fact>
        {outcome && (
          <Fact name="Outcome">
            {outcome.tags.join(', ') || outcome.status} · {duration(outcome.durationMs)}
            {outcome.waitedMs > 0 && ` after waiting ${duration(outcome.waitedMs)}`}
            {(outcome.sqlstate !== null || outcome.message !== null) && (
              <p className={styles.error}>
                {outcome.sqlstate !== null && <code>{outcome.sqlstate}</code>}{' '}
                {outcome.message !== null && <Visible text={outcome.message} />}
              </p>
            )}
          </Fact>
        )}
        {outcome && outcome.maskedColumns.length > 0 && (
          <Fact name="Masked">
            <span className={styles.chips}>
              {outcome.maskedColumns.map((column) => (
                <Chip
                  key={`${column.name} ${column.rule}`}
                  tone="mask"
                  icon={MaskIcon}
                  label={`${column.name}: ${column.masker}`}
                  title={`Rule ${column.rule}`}
                />
              ))}
            </span>
          </Fact>
        )}
        {outcome?.findings && (
          <Fact name="Recognised">
            {outcome.findings.map(({ column, detector, values, masked }, place) => (
              <span key={`${column} ${detector} ${masked}`}>
                {place > 0 && '; '}
                {detectorWords[detector]} in <Visible text={column} /> ({plural(values, 'value')}
                {masked ? ', masked' : ''})
              </span>
            ))}
          </Fact>
        )}
      </dl>
    </div>
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
