import { useState } from 'react';
import { useAction } from '../../data/query.ts';
import { SelectField } from '../../parts/Field.tsx';
import { MakeReport } from '../../parts/MakeReport.tsx';

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
  const input = () => {
    const until = Date.now();
    return { since: until - Number(days) * dayMs, until };
  };
  return (
    <>
      <SelectField<Days> label="Period of the report" hideLabel value={days} options={periods} onChange={setDays} />
      <MakeReport report={report} input={input} label="Make PDF" />
    </>
  );
}
