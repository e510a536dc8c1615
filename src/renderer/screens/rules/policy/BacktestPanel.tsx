import type { Backtest, Verdict } from '../../../../contract/index.ts';
import { routeHash } from '../../../app/routes.ts';
import { useAction } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { VerdictChip } from '../../../parts/Chips.tsx';
import { count, dateTime, plural, sessionMark } from '../../../parts/format.ts';
import { ErrorNote, InfoNote } from '../../../parts/Notes.tsx';
import { SqlLine } from '../../../parts/Sql.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import styles from './BacktestPanel.module.css';
import card from './Card.module.css';
import type { PolicyDraft } from './policy-drafts.ts';

interface BacktestPanelProps {
  readonly connection: string;
  readonly draft: PolicyDraft;
  readonly dirty: boolean;
}

const verdicts: readonly Verdict[] = ['allow', 'ask', 'block', 'terminate'];

/** A changed policy over what agents really did: what would have been answered otherwise. */
export function BacktestPanel({ connection, draft, dirty }: BacktestPanelProps) {
  const backtest = useAction('policy.backtest');
  const result = backtest.data;
  const run = () => backtest.mutate({ connection, policy: draft.policy, rules: [...draft.rules] });
  return (
    <section className={card.card} aria-label="Backtest">
      <header className={card.head}>
        <h2>Backtest</h2>
        <p className={card.lead}>
          Judges the recorded statements of this connection again, with the catalog of now. Nothing is run.
        </p>
      </header>
      <div className={card.body}>
        <div>
          <Button variant="accent" busy={backtest.isPending} onClick={run}>
            {dirty ? 'Run with the draft' : 'Run'}
          </Button>
          {!dirty && <p className={card.small}>Change a rule or the preset first, to see what the change would do.</p>}
        </div>
        <ErrorNote error={backtest.error} />
        {result && <Result result={result} />}
      </div>
    </section>
  );
}

function Result({ result }: { readonly result: Backtest }) {
  const { sessions, statements, notJudged, current, proposed, changes, omitted, certain } = result;
  if (sessions === 0) return <p role="status">No session of this connection is recorded yet.</p>;
  return (
    <div className={card.answer} role="status">
      <p>
        <strong>
          {changes.length === 0
            ? 'Nothing would be different'
            : `${plural(changes.length + omitted, 'statement')} would be answered otherwise`}
        </strong>
        , of {count(statements)} in {plural(sessions, 'session')}.
      </p>
      <table className={styles.counts}>
        <thead>
          <tr>
            <th scope="col">Answer</th>
            <th scope="col">Now</th>
            <th scope="col">Proposed</th>
          </tr>
        </thead>
        <tbody>
          {verdicts
            .filter((verdict) => current[verdict] + proposed[verdict] > 0)
            .map((verdict) => (
              <tr key={verdict}>
                <th scope="row">
                  <VerdictChip verdict={verdict} />
                </th>
                <td>{count(current[verdict])}</td>
                <td>{count(proposed[verdict])}</td>
              </tr>
            ))}
        </tbody>
      </table>
      {notJudged > 0 && (
        <p className={card.small}>{plural(notJudged, 'statement')} recorded in part could not be judged again.</p>
      )}
      {!certain && (
        <InfoNote tone="ask">
          The database could not be reached: without its catalog both answers are stricter than they would be.
        </InfoNote>
      )}
      <ul className={styles.changes} aria-label="Statements answered otherwise">
        {changes.map((change) => (
          <Change key={`${change.sessionId} ${change.statement}`} change={change} />
        ))}
      </ul>
      {omitted > 0 && <p className={card.small}>and {count(omitted)} more</p>}
    </div>
  );
}

function Change({ change }: { readonly change: Backtest['changes'][number] }) {
  const { sessionId, statement, at, agent, text, recorded, current, proposed } = change;
  return (
    <li className={styles.change}>
      <p className={card.verdict}>
        <VerdictChip verdict={current.verdict} />
        <span aria-hidden="true">→</span>
        <span className="visually-hidden">would become</span>
        <VerdictChip verdict={proposed.verdict} />
        <code className={styles.rule}>{proposed.rule.id}</code>
      </p>
      <SqlLine text={text} />
      <p className={card.small}>
        <Visible text={proposed.rule.reason} />
      </p>
      <p className={card.marks}>
        <span>
          <Visible text={agent} />, {dateTime(at)}
        </span>
        <a title={sessionId} href={routeHash({ screen: 'sessions', id: sessionId })}>
          session {sessionMark(sessionId)}, statement {statement}
        </a>
        {recorded.verdict !== current.verdict && (
          <span>
            then: {recorded.verdict} ({recorded.rule.id})
          </span>
        )}
      </p>
    </li>
  );
}
