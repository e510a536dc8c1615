import { useState } from 'react';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { downloadBase64 } from '../../parts/download.ts';
import { SelectField } from '../../parts/Field.tsx';
import { plural } from '../../parts/format.ts';
import { ErrorNote } from '../../parts/Notes.tsx';
import { DownloadIcon } from '../../theme/icons.tsx';
import styles from './GateScreen.module.css';

const dayMs = 86_400_000;
type Days = '1' | '7' | '30' | '90' | '366';

const periods: readonly { readonly value: Days; readonly label: string }[] = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
  { value: '366', label: 'Last year' },
];

/** Makes the PDF of a period and saves it. */
export function GateReport() {
  const [days, setDays] = useState<Days>('7');
  const report = useAction('gate.report');
  const made = report.data;
  const make = () => {
    const until = Date.now();
    report.mutate(
      { since: until - Number(days) * dayMs, until },
      { onSuccess: ({ fileName, pdf }) => downloadBase64(fileName, 'application/pdf', pdf) },
    );
  };
  return (
    <>
      <SelectField<Days> label="Period of the report" hideLabel value={days} options={periods} onChange={setDays} />
      <Button icon={<DownloadIcon size={14} />} busy={report.isPending} onClick={make}>
        Make PDF
      </Button>
      {made && (
        <p className={styles.made} role="status">
          {made.fileName}, {plural(made.pages, 'page')}, SHA-256{' '}
          <code title={made.sha256}>{made.sha256.slice(0, 16)}…</code>
        </p>
      )}
      {report.error && (
        <div className={styles.made}>
          <ErrorNote error={report.error} retry={make} />
        </div>
      )}
    </>
  );
}
