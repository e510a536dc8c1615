import { useAction } from '../data/query.ts';
import { MakeReport } from './MakeReport.tsx';

/** Makes the PDF report of a session. */
export function ReportButton({ sessionId, label = 'Report' }: { readonly sessionId: string; readonly label?: string }) {
  return <MakeReport report={useAction('sessions.report')} input={() => ({ sessionId })} label={label} />;
}
