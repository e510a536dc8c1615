import { type ColumnName, type DetectorSettings, messageOf } from '../contract/index.ts';
import { type Findings, qualifiedColumn } from './masking/net/findings.ts';
import { netRules } from './masking/net/net-rules.ts';
import { type SeenValues, StatementNet } from './masking/net/statement-net.ts';
import type { NetUnder } from './session/running-statement.ts';
import type { GatewayOptions } from './types.ts';

export interface SecondNetOptions {
  readonly connection: string;
  /** As they are configured now. */
  readonly settings: () => DetectorSettings;
  readonly findings: Findings;
  /** The name of a table column; null when there is none such any more. */
  readonly columnAt: (tableOid: number, attributeNumber: number) => Promise<ColumnName | null>;
  readonly log: GatewayOptions['log'];
}

/** What lays the second net under the statements of one session. */
export function secondNet(options: SecondNetOptions): (text: string) => NetUnder | null {
  return (text) => {
    const rules = netRules(options.settings());
    if (rules.masking === null && rules.reporting === null) return null;
    const net = new StatementNet(rules, text);
    return { net, settle: () => void tell(net.seen(), options) };
  };
}

async function tell(seen: readonly SeenValues[], { connection, findings, columnAt, log }: SecondNetOptions) {
  if (seen.length === 0) return;
  try {
    const news = await Promise.all(
      seen.map(async ({ place, ...counted }) => {
        const column = place.tableOid === 0 ? null : await columnAt(place.tableOid, place.attributeNumber);
        return { ...counted, column, place: column === null ? placeName(place) : qualifiedColumn(column) };
      }),
    );
    findings.add(connection, news);
  } catch (error) {
    // The statement's own record has what was recognised; only the list of findings lacks it.
    log('warn', `could not note what was recognised in an answer: ${messageOf(error)}`, { connection });
  }
}

const placeName = ({ name, tableOid }: SeenValues['place']): string =>
  name === 'COPY' || name === 'error message'
    ? name
    : `${tableOid === 0 ? 'expression' : 'column'} "${name.slice(0, 63)}"`;
