import { useState } from 'react';
import { TextField } from '../../parts/Field.tsx';
import { bucketsText, parseBuckets } from './maskers.ts';

interface BucketFieldProps {
  readonly by: number | readonly number[];
  readonly wrong: boolean;
  onChange(by: number | number[]): void;
}

/** A bucket's width, or its boundaries: one number or several. What is typed stays as typed while it means the same. */
export function BucketField({ by, wrong, onChange }: BucketFieldProps) {
  const [typed, setTyped] = useState(() => bucketsText(by));
  const same = JSON.stringify(parseBuckets(typed)) === JSON.stringify(by);
  return (
    <TextField
      label="Width, or boundaries"
      mono
      inputMode="decimal"
      value={same ? typed : bucketsText(by)}
      hint="1000, or 0, 18, 65"
      error={wrong ? 'One number above 0, or ascending numbers with commas' : undefined}
      onChange={(text) => {
        setTyped(text);
        onChange(parseBuckets(text));
      }}
    />
  );
}
