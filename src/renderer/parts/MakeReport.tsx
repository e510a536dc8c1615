import type { UseMutationResult } from '@tanstack/react-query';
import type { Report } from '../../contract/index.ts';
import { DownloadIcon } from '../theme/icons.tsx';
import { Button } from './Button.tsx';
import { downloadBase64 } from './download.ts';
import { plural } from './format.ts';
import styles from './MakeReport.module.css';
import { ErrorNote } from './Notes.tsx';

interface MakeReportProps<Input> {
  /** The call that makes it. */
  readonly report: UseMutationResult<Report, Error, Input>;
  /** What it is asked for, at the moment the button is pressed. */
  readonly input: () => Input;
  readonly label: string;
}

/** A button that makes a PDF and saves it; then its pages and digest, or what went wrong. */
export function MakeReport<Input>({ report, input, label }: MakeReportProps<Input>) {
  const made = report.data;
  const make = () =>
    report.mutate(input(), {
      onSuccess: ({ fileName, pdf }) => downloadBase64(fileName, 'application/pdf', pdf),
    });
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
