import { tagged } from '../sql/tree.ts';
import type { JudgeContext, Judged } from './judged.ts';

/** True when the text is `SHOW postern.policy` and nothing else. */
export function asksForPolicy(text: Buffer, { parser }: Pick<JudgeContext, 'parser'>): boolean {
  if (text.length > 200) return false;
  const asked = text.toString('latin1');
  if (!/postern/i.test(asked)) return false;
  const understanding = parser.understand(asked, null);
  if (understanding.status !== 'understood' || understanding.statements.length !== 1) return false;
  const statement = tagged(understanding.statements[0]?.tree);
  return statement?.tag === 'VariableShowStmt' && statement.node.name === 'postern.policy';
}

/** Nobody needs leave to read the rules that they are judged by. */
export const asPolicyQuestion = (judged: Judged): Judged => ({
  ...judged,
  verdict: 'allow',
  rule: { id: 'own-policy', title: 'Asks for its own policy', reason: 'Everybody may read it.', hint: null },
  masking: null,
  awaitsCommit: false,
  commitsGated: false,
});

/**
 * The SQL that answers `SHOW postern.policy`, for the server to run in its place: so the answer comes in whatever protocol,
 * format and transaction state the client is in.
 */
export function policyAnswer({ policy, environment, clientEncoding }: JudgeContext): string {
  const rows = policy.rules.map(({ verdict, id, title, description }) => [verdict, id, title, description]);
  const about = `${policy.title}: ${policy.description} This connection is labelled ${environment}. Rules are asked in order; the first that holds answers.`;
  const values = [['', 'policy', policy.preset, about], ...rows].map(
    (row, index) => `(${index}, ${row.map((text) => quoted(text, clientEncoding)).join(', ')})`,
  );
  return `SELECT verdict, rule, title, description FROM (VALUES ${values.join(', ')}) AS policy (place, verdict, rule, title, description) ORDER BY place`;
}

/** Dollar quotes read the same whatever the session's settings are; letters outside ASCII only where both sides read UTF-8. */
function quoted(text: string, clientEncoding: string): string {
  const sent = clientEncoding.toUpperCase() === 'UTF8' ? text : text.replaceAll(/[^\x20-\x7e]/g, '?');
  let tag = '$postern$';
  for (let attempt = 0; sent.includes(tag.slice(0, -1)); attempt += 1) tag = `$postern${attempt}$`;
  return `${tag}${sent}${tag}`;
}
