import { useAction } from '../data/query.ts';
import { DownloadIcon } from '../theme/icons.tsx';
import { Button } from './Button.tsx';
import { downloadBase64 } from './download.ts';
import { plural } from './format.ts';
import { ErrorNote } from './Notes.tsx';
import styles from './ReportButton.module.css';

/** Makes the PDF report of a session and saves it; then says its pages and digest. */
export function ReportButton({ sessionId, label = 'Report' }: { readonly sessionId: string; readonly label?: string }) {
  const report = useAction('sessions.report');
  const made = report.data;
  const make = () =>
    report.mutate(
      { sessionId },
      { onSuccess: ({ fileName, pdf }) => downloadBase64(fileName, 'application/pdf', pdf) },
    );
  return (
    <>
      <Button icon={<DownloadIcon size={14} />} busy={report.isPending} onClick={make}>
        {report.isPending ? 'Making the PDF' : label}
      </Button>
      {made && (
        <p className={styles.made} role="status">
          {made.fileName}, {plural(made.pages, 'page')}, SHA-256{' '}
          <code title={made.sha256}>{made.sha256.slice(0, 16)}…</code>
        </p>
      )}
      {report.error && (
        <div className={styles.error}>
          <ErrorNote error={report.error} retry={make} />
        </div>
      )}
    </>
  );
}
