import { type ReactNode, useEffect, useRef } from 'react';
import { BlockIcon, CheckCircleIcon } from '../theme/icons.tsx';
import styles from './Steps.module.css';
import { Visible } from './Visible.tsx';

/** One thing that was tried or looked at, and what came of it. */
export interface StepLine {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface StepsProps {
  /** The outcome in a sentence. */
  readonly said: string;
  readonly steps: readonly StepLine[];
  readonly children?: ReactNode;
}

/** How far a test came. It scrolls into view, since whoever pressed Test waits for it. */
export function Steps({ said, steps, children }: StepsProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div className={styles.steps} role="status" ref={box}>
      <p className={styles.said}>{said}</p>
      <ol>
        {steps.map((step) => (
          <StepItem key={step.name} step={step} spoken={step.ok ? 'succeeded' : 'failed'} />
        ))}
      </ol>
      {children}
    </div>
  );
}

interface StepItemProps {
  readonly step: StepLine;
  /** The outcome for who does not see the icon, where the details do not say it. */
  readonly spoken?: string;
}

/** A line of a test: what it was, whether it went well, and what was found. What is found may come from outside. */
export function StepItem({ step, spoken }: StepItemProps) {
  return (
    <li className={step.ok ? styles.ok : styles.failed}>
      {step.ok ? <CheckCircleIcon size={14} /> : <BlockIcon size={14} />}
      <span className={styles.name}>
        <Visible text={step.name} />
      </span>
      {spoken !== undefined && <span className="visually-hidden">{spoken}</span>}
      <span className={styles.detail}>
        <Visible text={step.detail} />
      </span>
    </li>
  );
}
